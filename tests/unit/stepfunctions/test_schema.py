"""Definitions of a wrong form are refused in AWS's words, and right ones are not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakestack.services.stepfunctions.parsing import in_words
from lakestack.services.stepfunctions.schema import faults

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}
NUMBER = {"Variable": "$.x", "NumericEquals": 1}
PASS = {"Type": "Pass", "End": True}
FAILED = "SCHEMA_VALIDATION_FAILED: "


def of(state: Any, **machine: Any) -> list[str]:
    """The faults of a machine with one state."""
    return faults(json.dumps({"StartAt": "a", "States": {"a": state}, **machine}))


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("", "Definition must be a valid JSON object"),
        ("[]", "Definition must be a valid JSON object"),
        ("{}", "These fields are required: [States, StartAt] at /"),
        ('{"States": {}}', "These fields are required: [StartAt] at /"),
    ],
)
def test_what_is_no_machine(definition: str, expected: str) -> None:
    assert faults(definition) == [FAILED + expected]


def test_what_is_no_json() -> None:
    (found,) = faults("not a definition")
    assert found.startswith("INVALID_JSON_DESCRIPTION: ")
    assert found.endswith('[Source: (String)"not a definition"; line: 1, column: 1]')


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"End": True}, "These fields are required: [Type] at /States/a"),
        (
            {"Type": "Step", "End": True},
            "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
            "Choice, Parallel, Map] at /States/a/Type",
        ),
        ({**PASS, "_comment": ""}, "Field '_comment' is not supported at /States/a"),
        ({**PASS, "Catch": []}, "Field 'Catch' is not supported at /States/a"),
        ({"Type": "Fail", "End": True}, "Field 'End' is not supported at /States/a"),
        ({"Type": "Task", "End": True}, "These fields are required: [Resource] at /States/a"),
        (
            {**TASK, "Resource": "f", "End": True},
            "Value is not a valid resource ARN at /States/a/Resource",
        ),
        (
            {"Type": "Pass"},
            "This object should have only one of the following fields: [Next, End] at /States/a",
        ),
        (
            {**PASS, "Next": "a"},
            "There should only be one of the following fields: [Next, End] at /States/a",
        ),
        (
            {"Type": "Wait", "End": True, "Seconds": 1, "SecondsPath": "$.x"},
            "There should only be one of the following fields: [SecondsPath, Seconds, "
            "TimestampPath, Timestamp] at /States/a",
        ),
        (
            {"Type": "Wait", "End": True, "Seconds": "1"},
            "Expected value of type Integer at /States/a/Seconds",
        ),
        (
            {**TASK, "End": True, "TimeoutSeconds": 0},
            "Minimum value is 1 at /States/a/TimeoutSeconds",
        ),
        ({"Type": "Choice"}, "These fields are required: [Choices] at /States/a"),
        (
            {"Type": "Choice", "Choices": []},
            "Value cannot be empty at /States/a/Choices",
        ),
        (
            {"Type": "Choice", "Choices": [NUMBER]},
            "These fields are required: [Next] at /States/a/Choices[0]",
        ),
        (
            {"Type": "Choice", "Choices": [{"Not": {**NUMBER, "Next": "a"}, "Next": "a"}]},
            "Field 'Next' is not supported at /States/a/Choices[0]/Not",
        ),
        (
            {"Type": "Choice", "Choices": [{"Next": "a"}]},
            "The object must have only one of the following fields, [And, Or, Not, Variable, "
            "Condition] at /States/a/Choices[0]",
        ),
        (
            {"Type": "Parallel", "End": True, "Branches": [{"States": {"x": PASS}}]},
            "These fields are required: [StartAt] at /States/a/Branches[0]",
        ),
        (
            {"Type": "Map", "End": True},
            "This object should have only one of the following fields: [ItemProcessor, Iterator] "
            "at /States/a",
        ),
        (
            {"Type": "Map", "End": True, "Iterator": {"StartAt": "x", "States": {"x": TASK}}},
            "This object should have only one of the following fields: [Next, End] "
            "at /States/a/Iterator/States/x",
        ),
        (
            {**TASK, "End": True, "Retry": [{"ErrorEquals": ["States.ALL", "X"]}]},
            "States.ALL must appear alone and at end of list at /States/a/Retry[0]/ErrorEquals",
        ),
        (
            {**TASK, "End": True, "Retry": [{"ErrorEquals": ["X"], "MaxAttempts": -1}]},
            "Minimum value is 0 at /States/a/Retry[0]/MaxAttempts",
        ),
        (
            {**TASK, "End": True, "Catch": [{"ErrorEquals": ["X"]}]},
            "These fields are required: [Next] at /States/a/Catch[0]",
        ),
        (
            {**PASS, "Output": {}},
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the "
            "'JSONata' QueryLanguage at /States/a",
        ),
    ],
)
def test_states_of_a_wrong_form(state: dict[str, Any], expected: str) -> None:
    assert of(state) == [FAILED + expected]


def test_the_language_of_a_machine_holds_for_its_states() -> None:
    assert of({**PASS, "Output": {}}, QueryLanguage="JSONata") == []
    assert "but field 'Parameters'" in of({**PASS, "Parameters": {}}, QueryLanguage="JSONata")[0]
    (found,) = of({**PASS, "QueryLanguage": "JSONPath"}, QueryLanguage="JSONata")
    assert "can not be 'JSONPath' if set to 'JSONata' for whole state machine" in found
    expressions = {"TimeoutSeconds": "{% 1 %}", "Arguments": {}, "End": True}
    assert of({**TASK, **expressions}, QueryLanguage="JSONata") == []


def test_a_machine_may_have_no_time_limit() -> None:
    assert of(PASS, TimeoutSeconds=0) == []
    assert of(PASS, Version="2.0") == [
        f"{FAILED}Value should be one of the following: [1.0] at /Version"
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "ASLParserException line 1:64, at \"x\", mismatched input '\"x\"' expecting '{'",
            'SCHEMA_VALIDATION_FAILED: "x" is not valid at line: 1, column: 65',
        ),
        (
            "Error=ValueError Args=[\"No 'x' here: with state '(State| {...\"] in definition '{}'.",
            "SCHEMA_VALIDATION_FAILED: No 'x' here",
        ),
        ("Invalid State Machine Definition: 'SCHEMA_X: y'", "SCHEMA_X: y"),
    ],
)
def test_the_parser_is_told_in_words(message: str, expected: str) -> None:
    assert in_words(message) == expected
