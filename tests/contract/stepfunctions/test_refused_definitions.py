"""A state machine that AWS refuses is refused when it is made, changed or validated."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import ROLE, Aws
from tests.contract.refusals import refusal

RIGHT = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})
WRONG = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "Next": "b"}}})
MESSAGE = (
    "Invalid State Machine Definition: "
    "'MISSING_TRANSITION_TARGET: Missing 'Next' target: b at /States/a/Next'"
)


def test_a_transition_to_nowhere_is_refused(aws: Aws, name: str) -> None:
    states = aws("stepfunctions")
    with pytest.raises(ClientError) as refused:
        states.create_state_machine(name=name, definition=WRONG, roleArn=ROLE)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
    assert refused.value.response["Error"]["Message"] == MESSAGE
    made = states.create_state_machine(name=name, definition=RIGHT, roleArn=ROLE)
    with pytest.raises(ClientError, match="MISSING_TRANSITION_TARGET"):
        states.update_state_machine(stateMachineArn=made["stateMachineArn"], definition=WRONG)
    found = states.validate_state_machine_definition(definition=WRONG)
    assert found["result"] == "FAIL"
    assert MESSAGE in found["diagnostics"][0]["message"]
    states.delete_state_machine(stateMachineArn=made["stateMachineArn"])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            {"Type": "Pass", "End": True, "Parameters": {"a.$": "b"}},
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function "
            "call at /States/a/Parameters",
        ),
        (
            {"Type": "Pass", "End": True, "OutputPath": "b"},
            "Value must be a valid JSONPath. at /States/a/OutputPath",
        ),
        (
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "NumericEquals": "1", "Next": "a"}],
            },
            "Value must be a number at /States/a/Choices[0]/NumericEquals",
        ),
        (
            {"Type": "Task", "End": True, "Resource": "arn:aws:states:::aws-sdk:s3:listAll"},
            "The resource provided arn:aws:states:::aws-sdk:s3:listAll is not recognized.",
        ),
    ],
)
def test_fields_that_are_refused(aws: Aws, name: str, state: dict[str, Any], message: str) -> None:
    definition = json.dumps({"StartAt": "a", "States": {"a": state}})
    with pytest.raises(ClientError) as refused:
        aws("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=ROLE)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
    said = f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {message}"
    assert refused.value.response["Error"]["Message"].startswith(said)


@pytest.mark.parametrize(
    "resource",
    [
        "sqs:sendMessage.sync",
        "sns:publish.sync",
        "lambda:invoke.sync",
        "lambda:invoke.sync:2",
        "events:putEvents.sync",
        "dynamodb:putItem.sync",
        "dynamodb:putItem.waitForTaskToken",
        "apigateway:invoke.sync",
        "aws-sdk:sqs:sendMessage.sync",
    ],
)
def test_integration_patterns_that_a_service_does_not_have(
    aws: Aws, name: str, resource: str
) -> None:
    arn = f"arn:aws:states:::{resource}"
    state = {"Type": "Task", "Resource": arn, "Parameters": {}, "End": True}
    definition = json.dumps({"StartAt": "a", "States": {"a": state}})
    with pytest.raises(ClientError) as refused:
        aws("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=ROLE)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
    assert f"The resource provided {arn} is not" in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize("given", ["a b", "a/b", "a*", "a$b", "a\x7fb", "<a>"])
def test_names_with_characters_that_are_refused(aws: Aws, name: str, given: str) -> None:
    states = aws("stepfunctions")
    made = states.create_state_machine(name=name, definition=RIGHT, roleArn=ROLE)["stateMachineArn"]
    calls: list[Callable[[], Any]] = [
        lambda: states.create_state_machine(name=given, definition=RIGHT, roleArn=ROLE),
        lambda: states.start_execution(stateMachineArn=made, name=given),
        lambda: states.create_activity(name=given),
    ]
    try:
        for call in calls:
            assert refusal(call) == ("InvalidName", f"Invalid Name: '{given}'")
    finally:
        states.delete_state_machine(stateMachineArn=made)


def test_what_is_too_long_is_refused(aws: Aws, name: str) -> None:
    states = aws("stepfunctions")
    made = states.create_state_machine(name=name, definition=RIGHT, roleArn=ROLE)
    machine = made["stateMachineArn"]
    with pytest.raises(ClientError, match="less than or equal to 262144"):
        states.start_execution(stateMachineArn=machine, input=json.dumps("x" * 300_000))
    with pytest.raises(ClientError, match="less than or equal to 80"):
        states.create_state_machine(name="x" * 81, definition=RIGHT, roleArn=ROLE)
    with pytest.raises(ClientError, match="enum value set"):
        states.create_state_machine(name=name, definition=RIGHT, roleArn=ROLE, type="FAST")
    states.delete_state_machine(stateMachineArn=machine)
