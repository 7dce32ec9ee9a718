"""State machines whose QueryLanguage is JSONata."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.lambda_.helpers import ROLE, Aws
from tests.support import wait_until

TEXT = 'O\'x "y" \\ z\n'


def run(
    aws: Aws, name: str, states: dict[str, Any], given: Any, language: str = "JSONata"
) -> dict[str, Any]:
    client = aws("stepfunctions")
    definition = {"QueryLanguage": language, "StartAt": "First", "States": states}
    machine = client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    try:
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given))

        def ended() -> Any:
            found = client.describe_execution(executionArn=arn["executionArn"])
            return found if found["status"] != "RUNNING" else None

        found: dict[str, Any] = wait_until(ended, what="the execution's end")
        return found
    finally:
        client.delete_state_machine(stateMachineArn=machine)


def test_variables_choices_and_outputs(aws: Aws, name: str) -> None:
    states = {
        "First": {
            "Type": "Pass",
            "Assign": {
                "total": "{% $sum($states.input.prices) %}",
                "who": "{% $states.input.who %}",
            },
            "Next": "Look",
        },
        "Look": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $total > 5 %}", "Next": "Much"}],
            "Default": "Little",
        },
        "Much": {
            "Type": "Pass",
            "Output": {
                "total": "{% $total %}",
                "who": "{% $who %}",
                "id": "{% $length($uuid()) %}",
            },
            "End": True,
        },
        "Little": {"Type": "Fail"},
    }

    found = run(aws, name, states, {"prices": [1, 2, 3.5], "who": TEXT})

    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"]) == {"total": 6.5, "who": TEXT, "id": 36}


def test_an_expression_that_fails_is_caught_by_its_error(aws: Aws, name: str) -> None:
    states = {"First": {"Type": "Pass", "Output": "{% 'a' + 1 %}", "End": True}}

    found = run(aws, name, states, {})

    assert (found["status"], found["error"]) == ("FAILED", "States.QueryEvaluationError"), found


@pytest.mark.parametrize(("language", "field"), [("JSONata", "Output"), ("JSONPath", "Parameters")])
def test_a_text_of_the_definition_is_assigned_as_it_is(
    aws: Aws, name: str, language: str, field: str
) -> None:
    read = {"it": "{% $text %}"} if language == "JSONata" else {"it.$": "$text"}
    states = {
        "First": {"QueryLanguage": language, "Type": "Pass", "Assign": {"text": TEXT}, "Next": "Q"},
        "Q": {"QueryLanguage": language, "Type": "Pass", field: read, "End": True},
    }
    found = run(aws, name, states, {}, "JSONPath")
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"]) == {"it": TEXT}


def test_a_text_in_a_variable_is_read_as_json(aws: Aws, name: str) -> None:
    states = {
        "First": {"Type": "Pass", "Assign": {"text": '{"a": "b"}'}, "Next": "Read"},
        "Read": {
            "Type": "Pass",
            "Parameters": {"it.$": "States.StringToJson($text)"},
            "End": True,
        },
    }
    found = run(aws, name, states, {}, "JSONPath")
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"]) == {"it": {"a": "b"}}
