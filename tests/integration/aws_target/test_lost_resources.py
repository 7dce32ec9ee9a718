"""Somebody has deleted a part of a lake whose stacks believe that it is there.

AWS CloudFormation User Guide, "Detect unmanaged configuration changes to stacks and resources with
drift detection". The next run says what is gone and what fixes it; that is done, and the lake is
whole.
"""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest

from tests.integration.aws_target.account import Account
from tests.integration.aws_target.faults import Place, denied, met, refused
from tests.integration.aws_target.guards import names

pytestmark = pytest.mark.large


def _empty_bucket() -> None:
    bucket = boto3.resource("s3").Bucket(names().bucket)
    bucket.object_versions.delete()
    bucket.delete()


LOST: dict[str, tuple[str, str, Callable[[], object]]] = {
    "stream": (
        "streaming",
        f"Kinesis Stream {names().stream}",
        lambda: boto3.client("kinesis").delete_stream(StreamName=names().stream),
    ),
    "function": (
        "streaming",
        f"Lambda Function {names().consumer}",
        lambda: boto3.client("lambda").delete_function(FunctionName=names().consumer),
    ),
    "queue": (
        "streaming",
        "SQS Queue movielens-stream-consumer-failures",
        lambda: boto3.client("sqs").delete_queue(
            QueueUrl=boto3.client("sqs").list_queues()["QueueUrls"][0]
        ),
    ),
    "database": (
        "catalog",
        f"Glue Database {names().database}",
        lambda: boto3.client("glue").delete_database(Name=names().database),
    ),
}


@pytest.mark.slow
def test_each_part_is_named_and_made_again(account: Account) -> None:
    assert account.run().code == 0
    for template, what, delete in LOST.values():
        delete()
        message, hint = refused(account.run())
        name = names().stack(template)
        assert f"{what}, which stack {name} has made, is not there any more" in message
        assert f"delete-stack --stack-name {name}; then: lake run --target aws" in hint
        boto3.client("cloudformation").delete_stack(StackName=name)
        ended = account.run()
        assert ended.code == 0, (what, ended.stderr)
        assert ended.document["ok"]


def test_an_endpoint_is_made_again(account: Account) -> None:
    """Its stack holds nothing else, so nobody is asked."""
    assert account.run().code == 0
    boto3.client("sagemaker").delete_endpoint(EndpointName=names().endpoint)
    ended = account.run()
    assert ended.code == 0, ended.stderr


def test_without_its_bucket_a_lake_is_made_anew(account: Account) -> None:
    before = account.left()
    assert account.run().code == 0
    _empty_bucket()
    message, hint = refused(account.run())
    assert f"S3 Bucket {names().bucket}, which stack {names().stack('bucket')}" in message
    assert "lake destroy --target aws; then: lake run --target aws" in hint
    destroyed = account.lake("destroy", "--json")
    assert destroyed.code == 0, destroyed.stderr
    assert account.left() == before
    assert account.run().code == 0


def test_what_may_not_be_asked_for_is_not_lost(account: Account) -> None:
    assert account.run().code == 0
    place = Place("", "kinesis", "DescribeStreamSummary")
    met(account, place, denied(place), times=1)
    ended = account.run("--only", "land")
    assert ended.code == 0, ended.stderr
