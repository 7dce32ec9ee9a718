"""What a stack policy allows, and what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.stack_policy import (
    DELETE,
    MODIFY,
    REPLACE,
    StackPolicy,
    parse_policy,
)

TABLE, QUEUE = "AWS::DynamoDB::Table", "AWS::SQS::Queue"


def statement(effect: str, action: Any = "Update:*", **elements: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Action": action, "Principal": "*", **elements}
    return made if "NotResource" in made else {"Resource": "*", **made}


def policy(*statements: dict[str, Any]) -> StackPolicy:
    return parse_policy(json.dumps({"Statement": list(statements)}))


def test_no_text_protects_nothing() -> None:
    assert parse_policy("{}").refusal(DELETE, "A", TABLE) is None


def test_a_policy_protects_what_it_does_not_allow() -> None:
    made = policy(statement("Allow", [MODIFY], Resource="LogicalResourceId/Web*"))
    assert made.refusal(MODIFY, "WebTable", TABLE) is None
    assert "No statement allows [Update:Replace]" in str(made.refusal(REPLACE, "WebTable", TABLE))
    assert "LogicalResourceId/Other" in str(made.refusal(MODIFY, "Other", TABLE))


def test_deny_overrides_allow_wherever_it_stands() -> None:
    allow, deny = statement("Allow"), statement("Deny", Resource="LogicalResourceId/Production")
    for order, number in (((allow, deny), 2), ((deny, allow), 1)):
        made = policy(*order)
        assert made.refusal(MODIFY, "Other", TABLE) is None
        assert made.refusal(MODIFY, "Production", TABLE) == (
            f"Action denied by stack policy: Statement [#{number}] does not allow [Update:*] for "
            "resource [LogicalResourceId/Production]"
        )


def test_a_condition_names_types() -> None:
    types = {"StringLike": {"ResourceType": ["AWS::DynamoDB::*"]}}
    made = policy(statement("Allow"), statement("Deny", [DELETE, REPLACE], Condition=types))
    assert made.refusal(DELETE, "A", TABLE)
    assert made.refusal(REPLACE, "A", TABLE)
    assert made.refusal(MODIFY, "A", TABLE) is None
    assert made.refusal(DELETE, "A", QUEUE) is None


def test_negated_elements() -> None:
    others = statement("Allow", NotResource="LogicalResourceId/Production")
    made = policy(others)
    assert made.refusal(MODIFY, "A", TABLE) is None
    assert made.refusal(MODIFY, "Production", TABLE)
    reversed_action = {**statement("Allow"), "NotAction": DELETE}
    del reversed_action["Action"]
    made = policy(reversed_action)
    assert made.refusal(MODIFY, "A", TABLE) is None
    assert made.refusal(DELETE, "A", TABLE)


def test_names_are_the_templates() -> None:
    made = policy(statement("Deny", Resource=["LogicalResourceId/A", "LogicalResourceId/B*"]))
    made.check_names({"A"})
    with pytest.raises(ValidationError, match="Unknown logical id 'LogicalResourceId/A'"):
        made.check_names({"C"})


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        "null",
        '{"Statements": []}',
        '{"Statement": ["A"]}',
        json.dumps({"Statement": [statement("Deny", "Delete:*")]}),
        json.dumps({"Statement": [statement("Refuse")]}),
        json.dumps({"Statement": [statement("Deny", Principal="somebody")]}),
        json.dumps({"Statement": [statement("Deny", Resource="A")]}),
        json.dumps({"Statement": [statement("Deny", Resource=[])]}),
        json.dumps({"Statement": [statement("Deny", NotAction="Update:*")]}),
        json.dumps({"Statement": [statement("Deny", Condition={"Bool": {"ResourceType": "A"}})]}),
        json.dumps({"Statement": [statement("Deny", Condition={"StringLike": {"Name": "A"}})]}),
        json.dumps({"Statement": [statement("Deny", Condition=[])]}),
        json.dumps({"Statement": [statement("Deny", Other="A")]}),
        "[" * 10_000,
    ],
)
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(ValidationError, match=r"Error validating stack policy: Invalid stack"):
        parse_policy(text)


def test_a_policy_that_is_too_long() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 16384"):
        parse_policy(" " * 16_385)
