"""Fields of states that AWS refuses when a machine is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from localstack.aws.api import ServiceException

from lakestack.services.request_validation.operation_rules import check_operation
from lakestack.services.stepfunctions.fields import faults


def found(state: dict[str, Any], **machine: Any) -> list[str]:
    """The faults of a machine of one state, ``a``."""
    return faults(json.dumps({"StartAt": "a", "States": {"a": state}, **machine}))


def choice(**rule: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{"Variable": "$.x", "Next": "a", **rule}]}


def given(**fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", "End": True, **fields}


def task(resource: str) -> dict[str, Any]:
    return {"Type": "Task", "End": True, "Resource": f"arn:aws:states:::{resource}"}


@pytest.mark.parametrize(
    "rule",
    [
        {"NumericEquals": 1},
        {"NumericLessThan": -1.5},
        {"NumericEqualsPath": "$.y"},
        {"StringEquals": ""},
        {"StringMatches": "log-*.txt"},
        {"BooleanEquals": False},
        {"IsPresent": True},
        {"TimestampLessThan": "2024-08-18T17:33:00Z"},
        {"TimestampLessThan": "2024-08-18T17:33:00.123+02:00"},
        {"TimestampEqualsPath": "$$.Execution.StartTime"},
        {"StringEqualsPath": "$name.first"},
        {"Comment": 5},
    ],
)
def test_operands_that_are_taken(rule: dict[str, Any]) -> None:
    assert not found(choice(**rule))


@pytest.mark.parametrize(
    ("operator", "operand", "wanted"),
    [
        ("NumericEquals", "1", "a number"),
        ("NumericEquals", True, "a number"),
        ("NumericGreaterThanEquals", None, "a number"),
        ("StringEquals", 1, "a string"),
        ("StringMatches", ["a"], "a string"),
        ("BooleanEquals", "true", "a boolean"),
        ("IsNull", "true", "a boolean"),
        ("IsPresent", 1, "a boolean"),
        ("TimestampEquals", "yesterday", "a timestamp"),
        ("TimestampEquals", "2024-08-18", "a timestamp"),
        ("TimestampLessThan", 5, "a timestamp"),
        ("NumericEqualsPath", "x", "a valid JSONPath"),
        ("StringLessThanEqualsPath", 1, "a valid JSONPath"),
    ],
)
def test_operands_of_a_wrong_type(operator: str, operand: Any, wanted: str) -> None:
    rule = {operator: operand}
    inner = {"Variable": "$.x", **rule}
    for given, where in (
        (rule, f"Choices[0]/{operator}"),
        ({"And": [{"Variable": "$.y", "IsNull": True}, inner]}, f"Choices[0]/And[1]/{operator}"),
        ({"Not": {"Or": [inner]}}, f"Choices[0]/Not/Or[0]/{operator}"),
    ):
        (fault,) = found(choice(**given))
        assert fault.startswith("SCHEMA_VALIDATION_FAILED: Value must be " + wanted)
        assert fault.endswith(f" at /States/a/{where}")


@pytest.mark.parametrize(
    "value",
    [
        *("$", "$.a", "$.a.b[0]", "$.a[*].b", "$..b", "$['a b']['c.d']", "$.a[?(@.b == 'x]')].c"),
        *("$.a.", "$.a.length()", "$.a.$ref", "$.*", "$.a.[*]*", "States.Format('{}', $.States.a)"),
        *("$$", "$$.Execution.Id", "$name", "$name.a", "$.[0]", "$.a-b", "$.a[1:3]"),
        *("States.UUID()", "States.Format('a ) \\' {}', $.a)", "States.ArrayLength($.a[*])"),
        "States.MathAdd(States.ArrayLength($$.Execution.Input.m), -1)",
    ],
)
def test_values_of_templates_that_are_taken(value: str) -> None:
    assert not found(given(Parameters={"a.$": value, "b": {"c": [{"d.$": value}]}}))


@pytest.mark.parametrize(
    "value",
    [
        *(
            "ipsum",
            "",
            5,
            None,
            {"a": 1},
            "$.",
            "$..",
            "$.a..",
            "$.[",
            "$.a[0",
            "$a b",
            "$.a['b]",
            "$-",
        ),
        *("States.Nope($.a)", "States.Format('{}', $.a", "States.Format", "States.UUID())"),
        *("States.Format('{}, $.a)", " $.a"),
    ],
)
def test_values_of_templates_that_are_refused(value: Any) -> None:
    said = (
        "SCHEMA_VALIDATION_FAILED: The value for the field 'c.$' must be a valid JSONPath or a "
        "valid intrinsic function call at /States/a/"
    )
    for field in ("Parameters", "ResultSelector", "ItemSelector", "Assign"):
        assert found(given(**{field: {"b": [{"c.$": value}]}})) == [said + field]
    assert found(given(Retry=[{"c.$": value}], Result={"c.$": value})) == []


def test_templates_of_catchers_batches_and_inner_machines() -> None:
    wrong = {"c.$": "x"}
    state = given(
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "a", "Assign": wrong}],
        ItemBatcher={"MaxItemsPerBatch": 1, "BatchInput": wrong},
        ItemReader={"Parameters": wrong},
        ItemProcessor={"StartAt": "b", "States": {"b": given(Parameters=wrong)}},
    )
    places = [fault.rpartition(" at ")[2] for fault in found(state)]
    assert sorted(places) == [
        "/States/a/Catch[0]/Assign",
        "/States/a/ItemBatcher/BatchInput",
        "/States/a/ItemProcessor/States/b/Parameters",
        "/States/a/ItemReader/Parameters",
    ]


@pytest.mark.parametrize("name", ["InputPath", "OutputPath", "ItemsPath", "SecondsPath"])
def test_paths(name: str) -> None:
    for right in ("$", "$.a", "$$.Execution.Input"):
        assert not found(given(**{name: right}))
    said = f"SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/a/{name}"
    for wrong in ("x", "$.", 1):
        assert found(given(**{name: wrong})) == [said]


def test_a_result_goes_to_one_place() -> None:
    for right in ("$", "$.a.b", "$.a[0]", "$['a*']", None):
        assert not found(given(ResultPath=right))
    said = "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path at /States/a/ResultPath"
    for wrong in ("$.a[*]", "$..a", "$.a[1:2]", "$.a[?(@.b)]", "$$.a", "x", "$.a[0,1]"):
        assert found(given(ResultPath=wrong)) == [said]
    (fault,) = found(given(Catch=[{"ResultPath": "$.a[*]"}]))
    assert fault.endswith("at /States/a/Catch[0]/ResultPath")


def test_machines_in_jsonata_have_no_paths() -> None:
    wrong = given(Parameters={"c.$": "x"})
    assert not found(wrong, QueryLanguage="JSONata")
    assert not found({**wrong, "QueryLanguage": "JSONata"})
    assert found({**wrong, "QueryLanguage": "JSONPath"})


@pytest.mark.parametrize(
    "resource",
    [
        *("aws-sdk:s3:listBuckets", "aws-sdk:sfn:startExecution", "sqs:sendMessage"),
        *("aws-sdk:cloudwatchlogs:putLogEvents", "aws-sdk:databasemigration:startReplicationTask"),
        *("aws-sdk:glue:startCrawler.waitForTaskToken", "aws-sdk:dynamodb:query"),
    ],
)
def test_operations_of_sdks(resource: str) -> None:
    assert not found(task(resource))


@pytest.mark.parametrize(
    "resource",
    [
        *("aws-sdk:nosuch:thing", "aws-sdk:s3:noSuchThing", "aws-sdk:s3", "aws-sdk:s3:ListBuckets"),
        *("aws-sdk:glue:startJobRun.sync", "aws-sdk:s3:listBuckets.later", "aws-sdk::"),
    ],
)
def test_operations_that_no_sdk_has(resource: str) -> None:
    assert found(task(resource)) == [
        f"SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::{resource} is not "
        "recognized. The value is not a valid resource ARN, or the resource is not available in "
        "this region. at /States/a/Resource"
    ]


def test_names_of_states_have_at_most_80_characters() -> None:
    def named(name: str) -> list[str]:
        return faults(json.dumps({"StartAt": name, "States": {name: given()}}))

    assert not named("é" * 80)
    assert named("n" * 81) == [
        f"INVALID_STATE_NAME: Invalid State name: State '{'n' * 81}' exceeds the 80-character "
        f"limit allowed by the service at /States/{'n' * 81}"
    ]


@pytest.mark.parametrize("letter", [*' \n<>{}[]?*"#%\\^|~`$&,;:/\x00\x9f'])
def test_characters_of_names(letter: str) -> None:
    for operation in ("CreateStateMachine", "CreateActivity", "StartExecution"):
        for right in ("films-2024_é.a(b)+!@='", None):
            check_operation("stepfunctions", operation, {"name": right})
        with pytest.raises(ServiceException, match="Invalid Name") as refused:
            check_operation("stepfunctions", operation, {"name": f"a{letter}b"})
        assert refused.value.code == "InvalidName"
