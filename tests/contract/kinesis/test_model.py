"""A walk over Kinesis's API model: what it forbids is refused, and nothing is our fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from lakestack.services.kinesis.provider import KinesisProvider

MODEL = botocore.session.get_session().get_service_model("kinesis")
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/nobody"
VALID: dict[str, Any] = {
    "StreamName": "nobody",
    "StreamARN": ARN,
    "ResourceARN": ARN,
    "ConsumerARN": f"{ARN}/consumer/nobody:1",
    "ConsumerName": "nobody",
    "ShardId": "shardId-000000000000",
    "ShardToSplit": "shardId-000000000000",
    "ShardToMerge": "shardId-000000000000",
    "AdjacentShardToMerge": "shardId-000000000001",
    "NewStartingHashKey": "5",
    "ShardIteratorType": "LATEST",
    "ShardIterator": "AAAA",
    "StartingPosition": {"Type": "LATEST"},
    "StreamModeDetails": {"StreamMode": "PROVISIONED"},
    "Tags": {"a": "b"},
    "TagKeys": ["a"],
    "Policy": "{}",
    "KeyId": "alias/aws/kinesis",
    "EncryptionType": "KMS",
    "ScalingType": "UNIFORM_SCALING",
    "TargetShardCount": 1,
    "RetentionPeriodHours": 24,
    "ShardLevelMetrics": ["ALL"],
    "Data": b"x",
    "PartitionKey": "k",
    "Records": [{"Data": b"x", "PartitionKey": "k"}],
}


@pytest.fixture(scope="module")
def unchecked(emulator: str) -> Any:
    """A client that sends what the model forbids."""
    return boto3.client(
        "kinesis",
        endpoint_url=emulator,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )


def request_of(operation: Any) -> dict[str, Any]:
    """A request that the model allows, about a stream that is not there."""
    shape = operation.input_shape
    if shape is None:
        return {}
    needed = set(shape.required_members) | ({"StreamName"} & set(shape.members))
    return {name: VALID[name] for name in needed}


def forbidden(shape: Any) -> Iterator[Any]:
    """Values that break each constraint of a member of its own."""
    about = shape.metadata
    if shape.type_name == "string":
        if about.get("enum"):
            yield "NO_SUCH_VALUE"
        if about.get("pattern"):
            yield " not/this "
        if about.get("max", 10**6) <= 2048:
            yield "a" * (about["max"] + 1)
        if about.get("min", 0) > 0:
            yield ""
    elif shape.type_name == "integer":
        yield from (about["min"] - 1,) if "min" in about else ()
        yield from (about["max"] + 1,) if "max" in about else ()
        yield "many"
    elif shape.type_name == "list" and about.get("min"):
        yield []
    elif shape.type_name == "map" and about.get("min"):
        yield {}
    elif shape.type_name == "structure":
        yield from ({} for _ in shape.required_members[:1])


def refusal_of(client: Any, operation: str, request: dict[str, Any]) -> ClientError | None:
    try:
        getattr(client, xform_name(operation))(**request)
    except ClientError as e:
        return e
    return None


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_an_operation_and_each_of_its_members(unchecked: Any, name: str) -> None:
    operation = MODEL.operation_model(name)
    request = request_of(operation)
    if name not in ("CreateStream", "ListStreams", "DescribeLimits"):
        error = refusal_of(unchecked, name, request)
        assert error is not None
        codes = [shape.name for shape in operation.error_shapes]
        assert error.response["Error"]["Code"] in codes
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    if operation.input_shape is None:
        return
    for member, shape in operation.input_shape.members.items():
        if shape.type_name == "structure" and shape.is_tagged_union:
            continue
        for value in forbidden(shape):
            error = refusal_of(unchecked, name, {**request, member: value})
            assert error is not None, (member, value)
            about = error.response
            assert about["ResponseMetadata"]["HTTPStatusCode"] == 400, (member, value)
            assert about["Error"]["Code"] in ("ValidationException", "SerializationException")
        if member in operation.input_shape.required_members:
            without = {key: item for key, item in request.items() if key != member}
            error = refusal_of(unchecked, name, without)
            assert error is not None, member
            assert error.response["Error"]["Code"] == "ValidationException"
            assert member[1:] in error.response["Error"]["Message"]


def test_every_operation_of_the_model_is_ours() -> None:
    ours = {
        value.operation
        for base in KinesisProvider.__mro__
        for value in vars(base).values()
        if hasattr(value, "operation")
    }
    assert ours >= set(MODEL.operation_names)
