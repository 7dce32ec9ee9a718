"""No request makes the emulator answer 5xx, and none leaves something that cannot be read again.

The examples are derived from their strategies without chance, so that a run is like the last one.
``MALFORMED_EXAMPLES`` sets their number for each service.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.contract.request_validation.malformed_bases import bases
from tests.contract.request_validation.malformed_strategies import broken_requests
from tests.contract.request_validation.malformed_values import fresh
from tests.contract.request_validation.malformed_wire import Answer, Wire, request_parts

Aws = Callable[[str], Any]
EXAMPLES = int(os.environ.get("MALFORMED_EXAMPLES", "40"))

# Operations that must go on working, whatever was sent.
READERS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "kinesis": (("ListStreams", {}), ("DescribeLimits", {})),
    "firehose": (("ListDeliveryStreams", {}),),
    "dms": (
        ("DescribeReplicationTasks", {}),
        ("DescribeEndpoints", {}),
        ("DescribeReplicationInstances", {}),
        ("DescribeReplicationSubnetGroups", {}),
    ),
    "glue": (
        *(("GetDatabases", {}), ("GetJobs", {}), ("GetCrawlers", {}), ("GetClassifiers", {})),
        *(("ListJobs", {}), ("ListCrawlers", {}), ("ListSessions", {})),
    ),
    "sagemaker": (
        *(("ListModels", {}), ("ListTrainingJobs", {}), ("ListEndpoints", {})),
        ("ListEndpointConfigs", {}),
    ),
    "dynamodb": (("ListTables", {}),),
    "lambda": (("ListFunctions", {}), ("ListEventSourceMappings", {}), ("ListLayers", {})),
    "logs": (("DescribeLogGroups", {}),),
    "cloudformation": (("DescribeStacks", {}), ("ListStacks", {}), ("ListExports", {})),
    "s3": (("ListBuckets", {}),),
    "scheduler": (("ListSchedules", {}), ("ListScheduleGroups", {})),
    "pipes": (("ListPipes", {}),),
    "apigatewayv2": (("GetApis", {}),),
    "application-autoscaling": (("DescribeScalableTargets", {"ServiceNamespace": "dynamodb"}),),
    "lakeformation": (("ListResources", {}), ("ListPermissions", {}), ("ListLFTags", {})),
    "athena": (
        *(("ListWorkGroups", {}), ("ListQueryExecutions", {}), ("ListNamedQueries", {})),
        ("ListDataCatalogs", {}),
    ),
}


@pytest.fixture(name="wire", scope="module")
def _wire(emulator: str) -> Wire:
    return Wire(emulator)


def _described(answer: Answer) -> str:
    return f"{answer.status} {answer.text[-400:]}"


@pytest.mark.parametrize("service", sorted(READERS))
def test_broken_requests_are_the_clients_fault(aws: Aws, wire: Wire, service: str) -> None:
    right = bases(service, aws)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(broken_requests(right))
    def send(broken: Any) -> None:
        answer = wire.send(service, broken.operation, fresh(broken.params), broken.raw)
        # 501 names what is not part of the emulated lake.
        assert answer.status < 500 or answer.status == 501, (broken, _described(answer))

    send()
    for operation, params in READERS[service]:
        answer = wire.send(service, operation, params)
        assert answer.status == 200, (operation, _described(answer))
    for operation, params in right:  # and what the requests are about can still be read
        if operation.startswith(("Get", "Describe", "List")):
            answer = wire.send(service, operation, fresh(params))
            assert answer.status < 500, (operation, _described(answer))


@pytest.mark.parametrize(
    ("service", "operation", "params", "code", "said"),
    [
        ("kinesis", "PutRecord", {"StreamName": 5}, "SerializationException", "streamName"),
        ("glue", "GetDatabase", {}, "ValidationException", "Value null at 'name'"),
        ("glue", "GetDatabase", {"Name": ""}, "ValidationException", "greater than or equal to 1"),
        ("glue", "BatchGetJobs", {"JobNames": [None]}, "ValidationException", "jobNames.1.member"),
        ("glue", "GetTables", {"DatabaseName": ["a"]}, "SerializationException", "databaseName"),
        ("sagemaker", "ListModels", {"MaxResults": "5"}, "SerializationException", "maxResults"),
        ("sagemaker", "ListModels", {"MaxResults": 101}, "ValidationException", "'maxResults'"),
        ("sagemaker", "ListModels", {"SortBy": "x"}, "ValidationException", "enum value set"),
        ("dms", "DeleteEndpoint", {}, "InvalidParameterValueException", "'endpointArn'"),
        ("dms", "DescribeEndpoints", {"MaxRecords": 2**31}, "SerializationException", "Integer"),
        ("firehose", "PutRecord", {"DeliveryStreamName": "x"}, "ValidationException", "'record'"),
        ("dynamodb", "GetItem", {"TableName": "abc"}, "ValidationException", "Value null at 'key'"),
        ("dynamodb", "Scan", {"TableName": {}}, "SerializationException", "Start of structure"),
        ("logs", "CreateLogGroup", {"logGroupName": ""}, "InvalidParameterException", "length"),
        ("logs", "CreateLogGroup", {}, "InvalidParameterException", "'logGroupName'"),
        ("lambda", "CreateFunction", {"FunctionName": "a"}, "ValidationException", "'role'"),
        ("cloudformation", "CreateStack", {}, "ValidationError", "'stackName'"),
        (
            "cloudformation",
            "ListStacks",
            {"StackStatusFilter": "CREATE_COMPLETE"},
            "ValidationError",
            "StackStatusFilter",
        ),
        (
            "cloudformation",
            "CreateStack",
            {"StackName": "a", "TimeoutInMinutes": "soon"},
            "ValidationError",
            "TimeoutMinutes",
        ),
        (
            *("events", "PutEvents", {"Entries": [{"Source": "a"}] * 11}, "ValidationException"),
            "PutEventsRequestEntry(time=null, source=a, ",
        ),
        ("sqs", "GetQueueUrl", {}, "MissingParameter", "queueName"),
        ("sts", "AssumeRole", {}, "ValidationError", "roleArn"),
    ],
)
def test_errors_have_the_services_codes_and_name_the_parameter(
    wire: Wire, service: str, operation: str, params: dict[str, Any], code: str, said: str
) -> None:
    answer = wire.send(service, operation, params)
    assert (answer.status, answer.code) == (400, code), answer.text
    assert said in answer.text


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b"null", b"5", b'{"StreamName": NaN}', b"\xff", b'{"a": "\xff"}'),
        *(b'{"StreamName": "\\ud800"}', b"[" * 200_000, b'{"a":' * 200_000),
        b'{"Limit": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:16]),
)
def test_bodies_that_are_no_json(wire: Wire, body: bytes) -> None:
    for service, operation in (("kinesis", "ListStreams"), ("glue", "GetDatabases")):
        answer = wire.send(service, operation, {}, body)
        assert (answer.status, answer.code) == (400, "SerializationException"), answer.text


def test_values_that_are_no_base64_or_time(wire: Wire) -> None:
    put = {"StreamName": "a", "Data": "!", "PartitionKey": "a"}
    assert wire.send("kinesis", "PutRecord", put).code == "SerializationException"
    when = {"CreationTimeAfter": 1e300}
    assert wire.send("sagemaker", "ListModels", when).code == "SerializationException"


def test_bodies_that_are_no_xml(aws: Aws, wire: Wire, bucket: str) -> None:
    for body in (b"<a", b"\x00", b"<Tagging><TagSet><Tag/></TagSet></Tagging>"):
        answer = wire.send("s3", "PutBucketTagging", {"Bucket": bucket}, body)
        assert (answer.status, answer.code) == (400, "MalformedXML"), answer.text


def test_bodies_that_are_no_cbor(wire: Wire) -> None:
    headers = {
        "X-Amz-Target": "Kinesis_20131202.PutRecord",
        "Content-Type": "application/x-amz-cbor-1.1",
    }
    for body in (b"\xff", b"\x9f", b"\xa1", b"\x1b", b"\xd8\x23\x61(", b"\x81" * 5000):
        answer = wire.http("kinesis", "POST", "/", headers, body)
        assert answer.status == 400, answer.text


def test_unknown_operations(wire: Wire) -> None:
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSGlue.Fly"}
    answer = wire.http("glue", "POST", "/", headers, b"{}")
    assert (answer.status, answer.code) == (400, "UnknownOperationException")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = wire.http("cloudformation", "POST", "/", form, b"Action=Fly&Version=2010-05-15")
    assert (answer.status, answer.code) == (400, "InvalidAction")
    answer = wire.http("lambda", "POST", "/2015-03-31/fly", {}, b"{}")
    assert answer.status == 404


def test_packed_bodies_that_cannot_be_unpacked(wire: Wire) -> None:
    method, path, headers, body = request_parts("logs", "DescribeLogGroups", {})
    headers["Content-Encoding"] = "gzip"
    assert wire.http("logs", method, path, headers, gzip.compress(body)).status == 200
    for packed in (b"not gzip", gzip.compress(body)[:-9]):
        assert 400 <= wire.http("logs", method, path, headers, packed).status < 500


def test_members_that_the_model_does_not_know_are_ignored(wire: Wire) -> None:
    known = {"Limit": 1, "Unknown": {"a": [None]}, "ExclusiveStartStreamName": None}
    assert wire.send("kinesis", "ListStreams", known).status == 200
