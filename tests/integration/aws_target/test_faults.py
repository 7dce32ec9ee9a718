"""AWS refuses at every stage in turn: what is said, and that the next run goes on from there.

One account per kind of fault: each run meets its fault one stage later than the one before, which
it only can when the former stage has converged meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.settings import ROOT
from tests.integration.aws_target.account import Account, Ended
from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.guards import names
from tests.integration.aws_target.wire import Fault


@dataclass(frozen=True)
class Place:
    """A call that a stage makes, once at least."""

    stage: str
    service: str
    operation: str
    template: str = ""
    """Of the stack, where stacks are made by it."""

    def matches(self, params: dict[str, Any]) -> bool:
        """Whether a call is the one that is meant."""
        return not self.template or params["StackName"] == names().stack(self.template)


PLACES = (
    Place("infrastructure", "cloudformation", "CreateStack", "bucket"),
    Place("land", "cloudformation", "CreateStack", ROOT),
    Place("full_load", "dms", "DescribeTableStatistics"),
    Place("stream", "lambda", "Invoke"),
    Place("catalog", "glue", "StartCrawler"),
    Place("transform", "glue", "StartJobRun"),
    Place("train", "sagemaker", "CreateTrainingJob"),
    Place("deploy", "cloudformation", "CreateStack", "serving"),
    Place("recommend", "sagemaker-runtime", "InvokeEndpoint"),
)

KINDS: dict[str, Callable[[Place], AwsError]] = {
    "access denied": lambda place: AwsError(
        "AccessDeniedException",
        f"User: arn:aws:iam::123456789012:user/x is not authorized to perform: "
        f"{place.service}:{place.operation}",
        400 if place.service != "lambda" else 403,
    ),
    "expired token": lambda _place: AwsError(
        "ExpiredTokenException", "The security token included in the request is expired", 403
    ),
}


def met(account: Account, place: Place, error: AwsError, times: int = 1) -> Fault:
    """Have `place` meet `error`."""
    fault = Fault(place.service, place.operation, error, times, place.matches)
    account.wire.faults.append(fault)
    return fault


def refused(ended: Ended) -> tuple[str, str]:
    """The message and the next command of a run that ended as it should: in one sentence."""
    assert ended.code == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    message, hint = ended.error
    assert "Unexpected" not in message, ended.stderr
    assert hint, ended.stderr
    return message, hint


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_at_each_stage(account: Account, kind: str) -> None:
    for place in PLACES:
        error = KINDS[kind](place)
        fault = met(account, place, error)
        message, hint = refused(account.run())
        assert fault.met == 1, place
        assert error.fields.message in message, (place, message)
        assert "lake" in hint or "aws" in hint, (place, hint)
    ended = account.run()
    assert ended.code == 0, ended.stderr
    assert ended.document["ok"]


QUOTAS = (
    (
        PLACES[6],
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
)


@pytest.mark.parametrize(("kind", "reason"), RESOURCES, ids=[kind for kind, _ in RESOURCES])
def test_a_stack_rolls_back(account: Account, kind: str, reason: str) -> None:
    """The resource and AWS's reason are named; the next run makes the dead stack anew.

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
    "kind", ["AWS::EC2::VPC", "AWS::Kinesis::Stream", "AWS::Glue::Crawler", "AWS::S3::Bucket"]
)
def test_a_stack_is_half_deleted(account: Account, kind: str) -> None:
    """Destroy names what stays, exits 1, and a second one finishes; or a run makes it anew."""
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
    fault = met(account, PLACES[6], error, times=3)
    ended = account.run()
    assert ended.code == 0, ended.stderr
    assert fault.met == 3


def test_a_role_that_stays_unknown_is_named(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.stages import train

    monkeypatch.setattr(train, "ROLE_SECONDS", 0.5)
    met(account, PLACES[6], AwsError("ValidationException", "Could not assume role x."), 10**6)
    message, _ = refused(account.run())
    assert "Could not assume role x." in message


def test_a_list_of_training_jobs_that_lags(account: Account) -> None:
    """A former run's job is not in the list yet: its name is taken all the same."""
    met(account, PLACES[7], AwsError("AccessDeniedException", "no"))
    assert account.run().code == 1
    known = account.wire.doubles["sagemaker", "ListTrainingJobs"]
    lags: list[dict[str, Any]] = [{"TrainingJobSummaries": []}] * 2
    account.wire.doubles["sagemaker", "ListTrainingJobs"] = lambda params: (
        lags.pop() if lags else known(params)
    )
    ended = account.run("--from", "train", "--force")
    assert ended.code == 0, ended.stderr
