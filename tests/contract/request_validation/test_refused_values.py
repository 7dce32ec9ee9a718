"""Values of the right shape that make no sense: each kind that was a 500, or was kept and broke."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.request_validation.malformed_values import ROLE
from tests.contract.request_validation.malformed_wire import Wire
from tests.support import unique, wait_until

Aws = Callable[[str], Any]
KEYS = "The number of partition keys do not match the number of partition values"


@pytest.fixture(name="wire", scope="module")
def _wire(emulator: str) -> Wire:
    return Wire(emulator)


@pytest.fixture(name="partitioned")
def _partitioned(aws: Aws) -> dict[str, str]:
    """A table with two keys and one partition."""
    name = unique("refused").replace("-", "_")
    glue = aws("glue")
    keys = [{"Name": "y", "Type": "string"}, {"Name": "m", "Type": "string"}]
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput={"Name": "t", "PartitionKeys": keys})
    where = {"DatabaseName": name, "TableName": "t"}
    glue.create_partition(**where, PartitionInput={"Values": ["2026", "1"]})
    return where


@pytest.mark.parametrize("values", [None, [], ["2026"], ["2026", "1", "x"]])
def test_partitions_need_a_value_for_each_key(
    wire: Wire, partitioned: dict[str, str], values: list[str] | None
) -> None:
    given = {} if values is None else {"Values": values}
    right = ["2026", "1"]
    requests: dict[str, dict[str, Any]] = {
        "CreatePartition": {"PartitionInput": given},
        "BatchCreatePartition": {"PartitionInputList": [{"Values": ["2026", "2"]}, given]},
    }
    if values is not None:  # left out, an update keeps them; elsewhere they are required
        entry = {"PartitionValueList": right, "PartitionInput": given}
        requests |= {
            "UpdatePartition": entry,
            "BatchUpdatePartition": {"Entries": [entry]},
            "GetPartition": {"PartitionValues": values},
            "DeletePartition": {"PartitionValues": values},
            "BatchGetPartition": {"PartitionsToGet": [{"Values": values}]},
            "BatchDeletePartition": {"PartitionsToDelete": [{"Values": values}]},
        }
    for operation, request in requests.items():
        answer = wire.send("glue", operation, {**partitioned, **request})
        assert (answer.status, answer.code) == (400, "InvalidInputException"), operation
        assert KEYS in answer.text
    found = wire.send("glue", "GetPartitions", {**partitioned, "Expression": "y = '2026'"})
    assert [p["Values"] for p in json.loads(found.text)["Partitions"]] == [right]


def _token(*fields: Any) -> str:
    return base64.b64encode(json.dumps(fields).encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        *("x", "²", "[", "W10=", "9" * 5000, base64.b64encode(b"[" * 9000).decode()[:8000]),
        _token("a", 1, 1, 1, 1e308),
        base64.b64encode(b'["a", 1, 1, 1, 1e999]').decode(),
        base64.b64encode(b'["a", 1e999, 1, 1, 1]').decode(),
        _token("a", "b", {}, "c"),
        _token("a", "b", ["c"], 1),
        _token({}, [], None, {}),
    ],
    ids=lambda token: token[:12],
)
def test_tokens_of_the_wrong_kind(wire: Wire, token: str) -> None:
    for service, operation, member in (
        ("kinesis", "GetRecords", "ShardIterator"),
        ("kinesis", "ListShards", "NextToken"),
        ("glue", "GetJobs", "NextToken"),
        ("glue", "GetDatabases", "NextToken"),
        ("sagemaker", "ListModels", "NextToken"),
        ("dms", "DescribeEndpoints", "Marker"),
    ):
        answer = wire.send(service, operation, {member: token})
        assert answer.status == 400, (operation, answer.text)


@pytest.mark.parametrize(
    ("service", "operation", "params", "code"),
    [
        (
            "dms",
            "CreateReplicationInstance",
            {
                "ReplicationInstanceIdentifier": "a",
                "ReplicationInstanceClass": "dms.t3.medium",
                "Tags": [{"Value": "b"}],
            },
            "InvalidParameterValueException",
        ),
        (
            "sagemaker",
            "AddTags",
            {
                "ResourceArn": "arn:aws:sagemaker:us-east-1:000000000000:model/missing",
                "Tags": [{"Key": "a", "Value": "b"}],
            },
            "ValidationException",
        ),
        (
            "lambda",
            "CreateFunction",
            {"FunctionName": "a", "Role": ROLE, "Code": {}, "Runtime": "python3.12"},
            "InvalidParameterValueException",
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            {"FunctionName": "a", "Layers": ["a", "a"]},
            "ValidationException",
        ),
        (
            "lambda",
            "PublishLayerVersion",
            {"LayerName": "a", "Content": {}},
            "InvalidParameterValueException",
        ),
        (
            "lambda",
            "CreateEventSourceMapping",
            {"FunctionName": "a", "EventSourceArn": "arn:aws:s3:::bucket"},
            "InvalidParameterValueException",
        ),
        ("lambda", "ListFunctions", {"MaxItems": 2**63}, "SerializationException"),
        ("s3", "ListObjectsV2", {"Bucket": "b", "ContinuationToken": "x"}, "InvalidArgument"),
        ("s3", "ListObjectsV2", {"Bucket": "b", "MaxKeys": -1}, "InvalidArgument"),
        ("s3", "ListObjects", {"Bucket": "b", "MaxKeys": -1}, "InvalidArgument"),
        ("s3", "ListObjectVersions", {"Bucket": "b", "MaxKeys": -1}, "InvalidArgument"),
        ("s3", "ListMultipartUploads", {"Bucket": "b", "MaxUploads": -1}, "InvalidArgument"),
        (
            "s3",
            "ListParts",
            {"Bucket": "b", "Key": "k", "UploadId": "u", "MaxParts": -1},
            "InvalidArgument",
        ),
        (
            "dynamodb",
            "CreateTable",
            {"TableName": "abc", "BillingMode": "x"},
            "ValidationException",
        ),
        ("cloudformation", "GetTemplate", {}, "ValidationError"),
        (
            "cloudformation",
            "DeleteStackInstances",
            {"StackSetName": "a", "Regions": ["us-east-1"], "RetainStacks": "true"},
            "ValidationError",
        ),
        (
            "logs",
            "StartQuery",
            {"startTime": 1, "endTime": 2, "queryString": "a"},
            "InvalidParameterException",
        ),
        (
            "cloudformation",
            "CreateStack",
            {"StackName": "a", "Tags": [{"Key": "a", "Value": "\u0001"}]},
            "ValidationError",
        ),
    ],
)
def test_values_that_were_a_500(
    wire: Wire, service: str, operation: str, params: dict[str, Any], code: str
) -> None:
    answer = wire.send(service, operation, params)
    assert (answer.status, answer.code) == (400, code), answer.text


@pytest.mark.parametrize(
    "configuration",
    [
        "[" * 100_000,
        '{"Version": 1.0, "Grouping": []}',
        '{"Version": 1.0, "Grouping": {"TableGroupingPolicy": {}}}',
        '{"Version": 1.0, "Grouping": {"TableLevelConfiguration": true}}',
        '{"Version": 1.0, "CrawlerOutput": 5}',
        '{"Version": 1.0, "CrawlerOutput": {"Tables": "x"}}',
    ],
    ids=lambda text: text[:40],
)
def test_crawler_configurations(wire: Wire, name: str, configuration: str) -> None:
    crawler = {
        "Name": name,
        "Role": ROLE,
        "DatabaseName": "d",
        "Targets": {"S3Targets": [{"Path": "s3://b/a"}]},
        "Configuration": configuration,
    }
    answer = wire.send("glue", "CreateCrawler", crawler)
    assert (answer.status, answer.code) == (400, "InvalidInputException"), answer.text


def test_a_refused_layer_leaves_nothing(wire: Wire, name: str) -> None:
    missing = {"S3Bucket": unique("missing"), "S3Key": "a.zip"}
    answer = wire.send("lambda", "PublishLayerVersion", {"LayerName": name, "Content": missing})
    assert 400 <= answer.status < 500
    assert wire.send("lambda", "ListLayers", {}).status == 200


def test_a_template_may_write_numbers_as_text(aws: Aws, name: str) -> None:
    """CloudFormation converts them, and so do our calls in process."""
    properties = {"Name": name, "ShardCount": "1", "RetentionPeriodHours": "48"}
    body = {"Resources": {"S": {"Type": "AWS::Kinesis::Stream", "Properties": properties}}}
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    summary = aws("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 1
    cloudformation.delete_stack(StackName=name)


def _status(cloudformation: Any, name: str) -> str:
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return str(stack["StackStatus"])


def test_partitions_in_a_template(aws: Aws, partitioned: dict[str, str], name: str) -> None:
    properties = {
        "CatalogId": "000000000000",
        **partitioned,
        "PartitionInput": {"Values": ["2026"]},
    }
    body = {"Resources": {"P": {"Type": "AWS::Glue::Partition", "Properties": properties}}}
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    wait_until(lambda: _status(cloudformation, name) == "ROLLBACK_COMPLETE", 60)
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any(KEYS in event.get("ResourceStatusReason", "") for event in events)
