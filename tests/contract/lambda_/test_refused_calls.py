"""Calls that Lambda refuses before a function runs, or a layer is touched."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws, create, packed
from tests.contract.refusals import refusal
from tests.support import ACCOUNT, REGION

SOURCE = "def handler(event, context): return event"


@pytest.fixture
def function(aws: Aws, name: str) -> str:
    create(aws, name, SOURCE)
    return name


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (
            {"InvocationType": "Soon"},
            "ValidationException",
            "enum value set: [Event, RequestResponse, DryRun]",
        ),
        ({"LogType": "All"}, "ValidationException", "enum value set: [None, Tail]"),
        (
            {"Payload": b"not JSON"},
            "InvalidRequestContentException",
            "Could not parse request body into json: ",
        ),
        (
            {"Payload": b'"%s"' % (b"x" * 6 * 1024**2)},
            "RequestEntityTooLargeException",
            "6291458 byte payload is too large for the RequestResponse invocation type "
            "(limit 6291456 bytes)",
        ),
        (
            {"Payload": b'"%s"' % (b"x" * 1024**2), "InvocationType": "Event"},
            "RequestEntityTooLargeException",
            "for the Event invocation type (limit 1048576 bytes)",
        ),
        ({"Qualifier": "42"}, "ResourceNotFoundException", "Function not found: arn:"),
        ({"Qualifier": "absent"}, "ResourceNotFoundException", "Function not found: arn:"),
    ],
)
def test_invocations(aws: Aws, function: str, given: dict[str, Any], code: str, said: str) -> None:
    client = aws("lambda")
    found, message = refusal(functools.partial(client.invoke, FunctionName=function, **given))
    assert found == code
    assert said in message
    assert client.invoke(FunctionName=function)["StatusCode"] == 200


def test_a_function_that_is_not_there_is_named_with_its_version(aws: Aws, name: str) -> None:
    code, message = refusal(lambda: aws("lambda").invoke(FunctionName=name))
    assert code == "ResourceNotFoundException"
    assert message.endswith(f":function:{name}:$LATEST")


def test_mappings_of_versions_that_are_not_there(aws: Aws, function: str) -> None:
    queue = aws("sqs").create_queue(QueueName=function)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{function}"
    make = functools.partial(aws("lambda").create_event_source_mapping, EventSourceArn=arn)
    try:
        for qualifier in ("42", "absent"):
            assert refusal(functools.partial(make, FunctionName=f"{function}:{qualifier}")) == (
                "InvalidParameterValueException",
                "Function does not exist",
            )
    finally:
        aws("sqs").delete_queue(QueueUrl=queue)


def test_mappings_of_queues_whose_messages_come_back_too_early(aws: Aws, function: str) -> None:
    attributes = {"VisibilityTimeout": "1"}
    queue = aws("sqs").create_queue(QueueName=function, Attributes=attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{function}"
    client = aws("lambda")
    timeout = client.get_function_configuration(FunctionName=function)["Timeout"]
    make = functools.partial(client.create_event_source_mapping, EventSourceArn=arn)
    try:
        assert refusal(functools.partial(make, FunctionName=function)) == (
            "InvalidParameterValueException",
            f"Queue visibility timeout: 1 seconds is less than Function timeout: {timeout} seconds",
        )
    finally:
        aws("sqs").delete_queue(QueueUrl=queue)


def test_actions_of_permissions(aws: Aws, function: str) -> None:
    code, message = refusal(
        functools.partial(
            aws("lambda").add_permission,
            FunctionName=function,
            StatementId="a",
            Action="InvokeFunction",
            Principal="s3.amazonaws.com",
        )
    )
    assert (code, "at 'action'" in message) == ("ValidationException", True)


def test_layers(aws: Aws, name: str) -> None:
    client = aws("lambda")
    for given in ({"CompatibleRuntime": "nope"}, {"CompatibleArchitecture": "nope"}):
        code, message = refusal(functools.partial(client.list_layers, **given))
        assert (code, "enum value set" in message) == ("ValidationException", True)
    content = {"ZipFile": packed({"a.py": "A = 1"})}
    publish = functools.partial(client.publish_layer_version, Content=content)
    code, message = refusal(functools.partial(publish, LayerName="a b"))
    assert (code, "at 'layerName'" in message) == ("ValidationException", True)
    publish(LayerName=name)
    remove = functools.partial(
        client.remove_layer_version_permission, LayerName=name, StatementId="none"
    )
    assert refusal(functools.partial(remove, VersionNumber=1)) == (
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
    )
