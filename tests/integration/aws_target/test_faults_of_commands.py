"""AWS refuses while a lake is planned, looked at, paused or destroyed."""

from __future__ import annotations

from collections.abc import Sequence

import boto3
import pytest

from tests.integration.aws_target.account import Account
from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.faults import (
    ALWAYS,
    Place,
    denied,
    meet,
    met,
    refused,
    rounds,
    throttled,
    told,
)
from tests.integration.aws_target.guards import names

pytestmark = pytest.mark.large

LOOKS = (
    Place("plan", "cloudformation", "DescribeStacks"),
    Place("plan", "cloudformation", "GetTemplate"),
    Place("status", "s3", "GetObject"),
    Place("verify", "dynamodb", "Scan"),
    Place("verify", "glue", "GetTable"),
    Place("verify", "dms", "DescribeTableStatistics"),
)
PAUSES = (
    Place("pause", "cloudformation", "DeleteStack", "serving"),
    Place("pause", "cloudformation", "UpdateStack"),
)
DESTROYS = (
    Place("destroy", "cloudformation", "DeleteStack", "serving"),
    Place("destroy", "cloudformation", "DeleteStack", "streaming"),
    Place("destroy", "dynamodb", "DeleteTable"),
    Place("destroy", "logs", "DescribeLogGroups"),
    Place("destroy", "s3", "DeleteObjects"),
    Place("destroy", "cloudformation", "DeleteStack", "bucket"),
)


@pytest.mark.slow
def test_faults_of_a_whole_lake(account: Account) -> None:
    """One lake for all: each command fails, and does its work when it is given again."""
    before = account.left()
    assert account.run().code == 0
    for one in rounds(LOOKS):
        for place, kind in one:
            _meets(account, place, kind)
    for place in LOOKS:
        fault = met(account, place, throttled(place), times=3)
        ended = account.lake(place.stage, "--json")
        assert (ended.code, fault.met) == (0, 3), (place, ended.stderr)
    for one in rounds(PAUSES):
        for place, kind in one:
            _meets(account, place, kind)
        assert account.lake("pause").code == 0
        ended = account.run()
        assert ended.code == 0, ended.stderr
    tries = rounds(DESTROYS)
    for one in tries:
        for number, (place, kind) in enumerate(one):
            # A step that fails keeps none of the others from its work: those to come are denied.
            _meets(account, place, kind, DESTROYS[number + 1 :])
        ended = account.lake("destroy", "--json")
        assert ended.code == 0, ended.stderr
        assert account.left() == before
        if one is not tries[-1]:
            assert account.run().code == 0


def _meets(account: Account, place: Place, kind: str, closed: Sequence[Place] = ()) -> None:
    for other in closed:
        met(account, other, denied(other), ALWAYS)
    fault = meet(account, place, kind)
    ended = account.lake(place.stage, "--json")
    assert fault.met, (place, kind, ended.stderr)
    told(ended, kind, place)
    account.wire.faults.clear()


def test_destroy_says_what_remains(account: Account) -> None:
    assert account.run().code == 0
    place = Place("destroy", "cloudformation", "DeleteStack", "streaming")
    met(account, place, AwsError("AccessDenied", "not authorized"), ALWAYS)
    ended = account.lake("destroy", "--json")
    message, hint = refused(ended)
    assert "Still there" in message
    assert "not authorized" in message
    assert "lake destroy --target aws" in hint
    assert any("movielens-ratings" in text for text in ended.document["leftovers"])
    # The bucket tells the next try what is the lake's.
    assert boto3.client("s3").list_objects_v2(Bucket=names().bucket)["KeyCount"]
    assert "USD an hour" in message


@pytest.mark.parametrize("kind", ["expired token", "network lost"])
def test_destroy_that_is_cut_off_says_how_far_it_came(account: Account, kind: str) -> None:
    assert account.run().code == 0
    place = Place("destroy", "cloudformation", "DeleteStack", "streaming")
    meet(account, place, kind)
    ended = account.lake("destroy", "--json")
    told(ended, kind, place)
    message, _ = ended.error
    assert "cut off at: streams and functions" in message
    assert "goes on billing" in message
    assert "endpoint movielens-recommender" in " ".join(ended.document["deleted"])
    left = " ".join(ended.document["leftovers"])
    assert "streams and functions" in left
    assert "bucket (not begun)" in left
    account.wire.faults.clear()
    assert account.lake("destroy").code == 0
    assert account.left() == []


def test_destroy_names_the_interfaces_that_hold_the_network(account: Account) -> None:
    """DMS takes its own away some minutes after the instance is gone."""
    assert account.run().code == 0
    ec2 = boto3.client("ec2")
    [network] = [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [network]}])["Subnets"]
    made = ec2.create_network_interface(
        SubnetId=found[0]["SubnetId"], Description="DMSNetworkInterface"
    )["NetworkInterface"]["NetworkInterfaceId"]
    text = f"network interface {made} (DMSNetworkInterface)"
    planned = account.lake("destroy", "--dry-run", "--json").document
    assert text in [one for step in planned["steps"] for one in step["deleted"]]
    place = Place("destroy", "cloudformation", "DeleteStack", "lab-1-nested")
    met(account, place, AwsError("ValidationError", "has dependencies"), ALWAYS)
    ended = account.lake("destroy", "--json")
    refused(ended)
    assert text in ended.document["leftovers"]
    account.wire.faults.clear()
    ec2.delete_network_interface(NetworkInterfaceId=made)
    assert account.lake("destroy").code == 0
    assert account.left() == []


def test_a_job_that_may_not_be_looked_at_keeps_no_other_step_from_its_work(
    account: Account,
) -> None:
    assert account.run().code == 0
    place = Place("destroy", "glue", "GetJobRuns")
    met(account, place, denied(place), ALWAYS)
    ended = account.lake("destroy", "--json")
    message, _ = refused(ended)
    assert "stop what is at work" in message
    assert "endpoint movielens-recommender" in " ".join(ended.document["deleted"])
    account.wire.faults.clear()
    assert account.lake("destroy").code == 0
    assert account.left() == []


def test_destroy_leaves_the_logs_of_others(account: Account) -> None:
    """Names that begin as the lake's do."""
    assert account.run().code == 0
    logs = boto3.client("logs")
    others = ["/aws/lambda/movielens-simulator-2", "dms-tasks-movielens-lake-instance-2"]
    crawlers = "/aws-glue/crawlers"
    for group in (*others, "/aws/lambda/movielens-consumer", crawlers):
        logs.create_log_group(logGroupName=group)
    for stream in ("movielens-stream", "movielens-stream-2"):
        logs.create_log_stream(logGroupName=crawlers, logStreamName=stream)
    ended = account.lake("destroy", "--json")
    assert ended.code == 0, ended.stderr
    groups = {g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]}
    assert {*others, "/aws/lambda/movielens-consumer", crawlers} <= groups
    left = logs.describe_log_streams(logGroupName=crawlers)["logStreams"]
    assert [stream["logStreamName"] for stream in left] == ["movielens-stream-2"]
