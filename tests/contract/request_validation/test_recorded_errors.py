"""What moto and LocalStack stumble over is the client's fault where the client made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.request_validation.malformed_wire import Wire
from tests.support import ACCOUNT, REGION

STREAM = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/none/stream/2024-01-01T00:00:00.000"
MANAGED = "arn:aws:iam::aws:policy/none"


@pytest.mark.parametrize(
    ("service", "operation", "params", "status", "code"),
    [
        # moto's own errors
        ("iam", "UpdateGroup", {"GroupName": "none", "NewGroupName": "b"}, 404, "NoSuchEntity"),
        *(
            ("iam", operation, {"RoleName": "none", **more}, 404, "NoSuchEntity")
            for operation, more in (
                ("DetachRolePolicy", {"PolicyArn": MANAGED}),
                ("DeleteServiceLinkedRole", {}),
            )
        ),
        (
            *("secretsmanager", "TagResource", {"SecretId": "none", "Tags": []}),
            *(400, "ResourceNotFoundException"),
        ),
        # an error of a call within the process
        (
            "dynamodbstreams",
            "GetShardIterator",
            {"StreamArn": STREAM, "ShardId": "shardId-" + "0" * 28, "ShardIteratorType": "LATEST"},
            *(400, "ResourceNotFoundException"),
        ),
        # look-ups of what is not there
        ("lambda", "DeleteFunctionConcurrency", {"FunctionName": "none"}, 404, None),
        ("sagemaker", "DescribeExperiment", {"ExperimentName": "none"}, 400, "ResourceNotFound"),
        ("logs", "GetQueryResults", {"queryId": "none"}, 400, "ResourceNotFoundException"),
        ("apigateway", "DeleteUsagePlan", {"usagePlanId": "none"}, 404, "NotFoundException"),
        # texts that are no token, no URL, no number
        ("iam", "ListPolicies", {"Marker": "none"}, 400, "ValidationError"),
        ("logs", "DescribeDestinations", {"nextToken": "none"}, 400, "InvalidParameterException"),
        ("sns", "ListTopics", {"NextToken": "none"}, 400, "InvalidParameter"),
        ("s3", "ListBuckets", {"ContinuationToken": "xxxx"}, 400, None),
        ("sqs", "DeleteQueue", {"QueueUrl": "none"}, 400, None),
        # members that the handler takes for granted
        *(
            ("logs", operation, {"resourceArn": "none", **more}, 400, "InvalidParameterException")
            for operation, more in (
                ("TagResource", {"tags": {"a": "b"}}),
                ("UntagResource", {"tagKeys": ["a"]}),
                ("ListTagsForResource", {}),
            )
        ),
        ("cloudwatch", "PutMetricData", {"Namespace": "a"}, 400, "MissingParameter"),
        ("stepfunctions", "ListExecutions", {}, 400, "ValidationException"),
        ("route53", "CreateHostedZone", {"CallerReference": "a"}, 400, None),
        ("sns", "Publish", {"TopicArn": "none"}, 400, "ValidationError"),
    ],
)
def test_clients_faults(
    wire: Wire, service: str, operation: str, params: dict[str, Any], status: int, code: str | None
) -> None:
    answer = wire.send(service, operation, params)
    assert answer.status == status, answer.text
    assert code is None or answer.code == code, answer.text


@pytest.mark.parametrize(
    ("body", "code"), [(b"zz\r\nabc", "InvalidArgument"), (b"3\r\nab", "IncompleteBody")]
)
def test_chunks_that_are_none(wire: Wire, bucket: str, body: bytes, code: str) -> None:
    headers = {
        "X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "X-Amz-Decoded-Content-Length": "1000",
    }
    answer = wire.http("s3", "PUT", f"/{bucket}/k", headers, body)
    assert (answer.status, answer.code) == (400, code), answer.text


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("glue", "PutSchemaVersionMetadata", {"MetadataKeyValue": {}}),
        (
            *("cloudwatch", "GetMetricData"),
            {
                "StartTime": "2024-01-01",
                "EndTime": "2024-01-02",
                "MetricDataQueries": [{"Id": "a", "Expression": "m*2"}],
            },
        ),
    ],
)
def test_what_aws_would_take_is_not_emulated(
    wire: Wire, service: str, operation: str, params: dict[str, Any]
) -> None:
    answer = wire.send(service, operation, params)
    assert (answer.status, answer.code) == (501, "InternalFailure"), answer.text
    assert operation in answer.text


@pytest.fixture(name="wire", scope="module")
def _wire(emulator: str) -> Wire:
    return Wire(emulator)


def test_an_empty_map_leaves_no_field_in_the_query_protocol(aws: Callable[[str], Any]) -> None:
    aws("sns").set_sms_attributes(attributes={})


def test_s3_says_of_a_document_without_its_rules_what_it_says_of_all(
    aws: Callable[[str], Any], bucket: str
) -> None:
    with pytest.raises(ClientError) as refused:
        aws("s3").put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": []})
    assert refused.value.response["Error"] == {
        "Code": "MalformedXML",
        "Message": "The XML you provided was not well-formed or did not validate against our "
        "published schema",
    }
