"""AWS refuses at every stage in turn: what is said, and that the next run goes on from there.

One account per round of faults: each run meets its fault one stage later than the one before, which
it only can when the former stage has converged meanwhile.
"""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.settings import ROOT, STACKS
from tests.integration.aws_target.account import Account
from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.faults import (
    ALWAYS,
    BY_STAGE,
    KINDS,
    PLACES,
    Place,
    meet,
    met,
    refused,
    rounds,
    some,
    throttled,
    told,
)
from tests.integration.aws_target.guards import names

pytestmark = pytest.mark.large

ROUNDS = rounds(PLACES)


def test_every_stage_and_every_kind_is_reached() -> None:
    tried = [pair for one in ROUNDS for pair in one]
    assert {place for place, _ in tried} == set(PLACES)
    assert {kind for _, kind in tried} == set(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("tried", ROUNDS)
def test_a_fault_at_each_stage(account: Account, tried: list[tuple[Place, str]]) -> None:
    for place, kind in tried:
        fault = meet(account, place, kind)
        ended = account.run(*place.words)
        assert fault.met, (place, kind, ended.stderr)
        told(ended, kind, place)
        account.wire.faults.clear()
    ended = account.run()
    assert ended.code == 0, ended.stderr
    assert ended.document["ok"]


def test_throttling_at_each_stage_is_waited_out(account: Account) -> None:
    """AWS SDKs and Tools Reference Guide, "Retry behavior"; the code is each service's own."""
    more = [Place("land", "s3", "PutObject"), Place("verify", "dynamodb", "Scan")]
    faults = [met(account, place, throttled(place), times=3) for place in (*PLACES, *more)]
    ended = account.run()
    assert ended.code == 0, ended.stderr
    assert ended.document["ok"]
    assert [fault.met for fault in faults] == [3] * len(faults)


def test_throttling_that_does_not_end_is_told(account: Account) -> None:
    fault = met(account, BY_STAGE["infrastructure"], throttled(BY_STAGE["infrastructure"]), ALWAYS)
    message, hint = refused(account.run())
    assert fault.met == 8  # the attempts of the target's clients
    assert "Rate exceeded" in message
    assert "lake" in hint


@pytest.mark.parametrize("template", some(STACKS, 3))
def test_the_quota_of_stacks_is_used_up(account: Account, template: str) -> None:
    """AWS CloudFormation API Reference, "CreateStack", LimitExceededException."""
    place = Place("", "cloudformation", "CreateStack", template)
    error = AwsError("LimitExceededException", "Limit on the number of stacks has been reached")
    met(account, place, error, ALWAYS)
    message, hint = refused(account.run())
    assert error.fields.message in message
    assert "lake" in hint
    account.wire.faults.clear()
    if template in ("bucket", ROOT, STACKS[-1]):
        ended = account.run()
        assert ended.code == 0, ended.stderr


QUOTAS = (
    (
        BY_STAGE["train"],
        AwsError(
            "ResourceLimitExceeded",
            "The account-level service limit 'ml.m5.large for training job usage' is 0 Instances",
        ),
    ),
)


@pytest.mark.parametrize(("place", "error"), QUOTAS, ids=["training"])
def test_a_quota_is_exceeded(account: Account, place: Place, error: AwsError) -> None:
    met(account, place, error)
    message, _ = refused(account.run())
    assert error.fields.message in message
    ended = account.run()
    assert ended.code == 0, ended.stderr


RESOURCES = (
    ("AWS::IAM::Role", "lambda-execution-role already exists in stack arn:aws:other"),
    ("AWS::DMS::ReplicationSubnetGroup", "The IAM Role dms-vpc-role is not configured properly."),
    ("AWS::Kinesis::Stream", "Stream movielens-ratings already exists"),
    ("AWS::Glue::Crawler", "Service is unable to assume provided role."),
    ("AWS::SageMaker::Endpoint", "The account-level service limit for endpoint usage is 0"),
    ("AWS::EC2::VPC", "The maximum number of VPCs has been reached. (VpcLimitExceeded)"),
    ("AWS::S3::Bucket", "movielens-lake already exists (BucketAlreadyExists)"),
    ("AWS::DynamoDB::Table", "Table already exists: ratings_t"),
)


SOME = some(RESOURCES, 4)


@pytest.mark.parametrize(("kind", "reason"), SOME, ids=[kind for kind, _ in SOME])
def test_a_stack_rolls_back(account: Account, kind: str, reason: str) -> None:
    """The resource and AWS's reason are named; the next run makes the dead stack again.

    Unless the reason is one that passes by itself, and the run has tried again.
    """
    account.formation.fail_create[kind] = [reason]
    ended = account.run()
    assert account.formation.fail_create[kind] == []
    if ended.code:
        message, hint = refused(ended)
        assert kind in message
        assert reason in message
        assert "lake run" in hint
    again = account.run()
    assert again.code == 0, again.stderr
    assert again.document["ok"]
    left = [s.status for s in account.formation.stacks if s.live]
    assert set(left) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


@pytest.mark.parametrize(
    "kind",
    some(["AWS::EC2::VPC", "AWS::Kinesis::Stream", "AWS::Glue::Crawler", "AWS::S3::Bucket"], 2),
)
def test_a_stack_is_half_deleted(account: Account, kind: str) -> None:
    """Destroy names what stays, exits 1, and a second one finishes; or a run makes it again."""
    before = account.left()
    assert account.run().code == 0
    account.formation.fail_delete[kind] = ["resource is in use (DependencyViolation)"]
    ended = account.lake("destroy", "--json")
    message, hint = refused(ended)
    assert "Still there" in message
    assert "DependencyViolation" in message
    assert "lake destroy" in hint
    assert ended.document["leftovers"]
    again = account.lake("destroy", "--json")
    assert again.code == 0, again.stderr
    assert account.left() == before


def test_a_run_takes_up_a_half_deleted_lake(account: Account) -> None:
    assert account.run().code == 0
    account.formation.fail_delete["AWS::Kinesis::Stream"] = ["in use"]
    assert account.lake("destroy").code == 1
    again = account.run()
    assert again.code == 0, again.stderr
    assert again.document["ok"]


def test_a_role_that_is_not_known_yet(account: Account) -> None:
    """IAM User Guide, "Changes that I make are not always immediately visible"."""
    error = AwsError(
        "ValidationException",
        "Could not assume role arn:aws:iam::123456789012:role/movielens-lake-sagemaker-role. "
        "Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to "
        "assume the role.",
    )
    fault = met(account, BY_STAGE["train"], error, times=3)
    ended = account.run()
    assert ended.code == 0, ended.stderr
    assert fault.met == 3


def test_a_role_that_stays_unknown_is_named(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.stages import train

    monkeypatch.setattr(train, "ROLE_SECONDS", 0.5)
    met(
        account,
        BY_STAGE["train"],
        AwsError("ValidationException", "Could not assume role x."),
        ALWAYS,
    )
    message, _ = refused(account.run())
    assert "Could not assume role x." in message


def test_a_stack_whose_role_is_refused_three_times(account: Account) -> None:
    account.formation.fail_create["AWS::Glue::Crawler"] = [
        "Service is unable to assume provided role."
    ] * 3
    ended = account.run()
    assert ended.code == 0, ended.stderr
    assert account.formation.fail_create["AWS::Glue::Crawler"] == []


def test_a_list_of_tagged_resources_that_lags(account: Account) -> None:
    """Resource Groups Tagging API Reference, "GetResources": deleted resources may be listed."""
    assert account.run().code == 0
    arn = "arn:aws:sqs:eu-central-1:123456789012:gone"
    old = {"ResourceARN": arn, "Tags": [names().tag]}
    lags = [{"ResourceTagMappingList": [old]}] * 3
    account.wire.doubles["resourcegroupstaggingapi", "GetResources"] = lambda _: (
        lags.pop() if lags else {"ResourceTagMappingList": []}
    )
    destroyed = account.lake("destroy", "--json")
    assert destroyed.code == 0, destroyed.stderr
    assert lags == []


def test_a_list_of_training_jobs_that_lags(account: Account) -> None:
    """A former run's job is not in the list yet: its name is taken all the same."""
    met(account, BY_STAGE["deploy"], AwsError("AccessDeniedException", "no"))
    assert account.run().code == 1
    known = account.wire.doubles["sagemaker", "ListTrainingJobs"]
    lags: list[dict[str, Any]] = [{"TrainingJobSummaries": []}] * 2
    account.wire.doubles["sagemaker", "ListTrainingJobs"] = lambda params: (
        lags.pop() if lags else known(params)
    )
    ended = account.run("--from", "train", "--force")
    assert ended.code == 0, ended.stderr
