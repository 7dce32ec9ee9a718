"""Faults that a user asks for over HTTP, as the SDKs see them."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support import ACCOUNT, REGION

Ask = Callable[..., Any]
PATH = "/_lakestack/faults"


def ask(url: str, method: str, document: Any = None, **headers: str) -> tuple[int, Any]:
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url + PATH, body, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read())


@pytest.fixture
def fault(emulator: str) -> Iterator[Ask]:
    """Asks for faults, which end with the test."""
    ids = []

    def add(**document: Any) -> dict[str, Any]:
        status, answer = ask(emulator, "POST", document)
        assert status == 200, answer
        ids.append(answer["fault"]["id"])
        found: dict[str, Any] = answer["fault"]
        return found

    yield add
    for number in ids:
        ask(emulator, "DELETE", {"id": number})


CASES: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("s3", "list_buckets", {}, "SlowDown", 503),
    ("sqs", "list_queues", {}, "RequestThrottled", 400),
    ("sns", "list_topics", {}, "InternalError", 500),
    ("kinesis", "list_streams", {}, "LimitExceededException", 400),
    ("dynamodb", "list_tables", {}, "InternalServerError", 500),
    ("lambda", "list_functions", {}, "TooManyRequestsException", 429),
    ("iam", "list_users", {}, "ServiceFailure", 500),
    ("glue", "get_jobs", {}, "OperationTimeoutException", 400),
    ("cloudformation", "list_stacks", {}, "Throttling", 400),
    ("ec2", "describe_vpcs", {}, "RequestLimitExceeded", 400),
    ("sagemaker", "list_models", {}, "ThrottlingException", 400),
]


@pytest.mark.parametrize(("service", "operation", "request_", "code", "status"), CASES)
def test_an_error_has_the_form_of_the_service(
    aws: Ask, fault: Ask, service: str, operation: str, request_: Any, code: str, status: int
) -> None:
    client = aws(service)
    fault(
        service=service, error=code, operation=client.meta.method_to_api_mapping[operation], times=1
    )
    with pytest.raises(ClientError) as failed:
        getattr(client, operation)(**request_)
    error = failed.value.response
    assert error["Error"]["Code"] == code
    assert error["Error"]["Message"] == f"{code}: a fault that was asked for"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == status
    getattr(client, operation)(**request_)  # once, and no more


def test_a_model_error_is_its_class(aws: Ask, fault: Ask) -> None:
    fault(
        service="dynamodb",
        operation="ListTables",
        error="ProvisionedThroughputExceededException",
        times=1,
    )
    with pytest.raises(aws("dynamodb").exceptions.ProvisionedThroughputExceededException):
        aws("dynamodb").list_tables()


def test_a_client_that_retries_does_not_notice(emulator: str, fault: Ask) -> None:
    made = fault(service="sqs", operation="ListQueues", error="ServiceUnavailable", times=2)
    assert made["status"] == 503
    client = boto3.client(
        "sqs",
        endpoint_url=emulator,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="t",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}, proxies={}),
    )
    answer = client.list_queues()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    (found,) = [f for f in ask(emulator, "GET")[1]["faults"] if f["id"] == made["id"]]
    assert found["injected"] == 2


def test_a_seed_makes_the_same_choice(aws: Ask, fault: Ask) -> None:
    def met() -> list[bool]:
        fault(service="sns", operation="ListTopics", error="Throttled", rate=0.5, seed=7, times=99)
        found = []
        for _ in range(30):
            try:
                aws("sns").list_topics()
                found.append(False)
            except ClientError:
                found.append(True)
        return found

    first = met()
    assert 5 < sum(first) < 25
    ask(aws("sns").meta.endpoint_url, "DELETE", {})
    assert met() == first


def test_latency_alone_only_delays(aws: Ask, fault: Ask) -> None:
    fault(service="sns", operation="ListTopics", latency=0.5, times=1)
    began = time.monotonic()
    aws("sns").list_topics()
    assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "There is no service None"),
        ({"service": "s4", "error": "E"}, "There is no service 's4'"),
        ({"service": "s3", "operation": "Get", "error": "E"}, "s3 has no operation 'Get'"),
        ({"service": "s3"}, "A fault needs an error or a latency"),
        ({"service": "s3", "error": "a b"}, "The error 'a b' is no code"),
        ({"service": "s3", "error": "E", "rate": 1.5}, "The rate 1.5 is none"),
        ({"service": "s3", "error": "E", "rate": True}, "The rate True is none"),
        ({"service": "s3", "latency": -1}, "The latency -1 is none"),
        ({"service": "s3", "error": "E", "times": 0}, "The times 0 is none"),
        ({"service": "s3", "error": "E", "status": 200}, "The status 200 is none"),
        ({"service": "s3", "error": "E", "probability": 1}, "no member 'probability'"),
    ],
)
def test_a_wrong_fault_is_refused(emulator: str, document: Any, message: str) -> None:
    status, answer = ask(emulator, "POST", document)
    assert status == 400
    assert message in answer["error"]["message"]
    assert answer["error"]["hint"]


def test_an_unknown_id_is_named(emulator: str) -> None:
    status, answer = ask(emulator, "DELETE", {"id": 99999})
    assert status == 400
    assert "no fault 99999" in answer["error"]["message"]


def test_a_web_page_cannot_ask(emulator: str) -> None:
    document = {"service": "s3", "error": "SlowDown"}
    status, _ = ask(emulator, "POST", document, Origin="https://evil.example")
    assert status == 403
    assert ask(emulator, "DELETE", {}, Referer="https://evil.example/")[0] == 403
