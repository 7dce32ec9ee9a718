"""What IAM policies decide: conditions, variables, and what stands in no policy."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.iam.documents import PolicyError, statements
from lakestack.services.iam.evaluation import decide

ACTION, RESOURCE = "s3:GetObject", "arn:aws:s3:::b/ann/x"


def decided(statement: dict[str, Any], context: dict[str, list[str]] | None = None) -> str:
    given = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **statement}
    read = statements({"Statement": given}, "p", "IAM Policy")
    keys = {key.lower(): values for key, values in (context or {}).items()}
    return decide(ACTION, RESOURCE, read, keys).decision


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({"Action": "s3:get*"}, True),
        ({"Action": ["sqs:*", "s3:Get?bject"]}, True),
        ({"NotAction": "s3:Put*"}, True),
        ({"NotAction": "s3:Get*"}, False),
        ({"NotResource": "arn:aws:s3:::b/*"}, False),
        ({"Resource": "arn:aws:s3:::b/*"}, True),
        ({"Resource": "arn:aws:s3:::B/*"}, False),
        ({"Resource": "arn:aws:s3:::b"}, False),
        ({"Resource": "arn:aws:s3:::b/${aws:username}/*"}, True),
        ({"Resource": "arn:aws:s3:::b/${aws:nobody}/*"}, False),
        ({"Resource": "arn:aws:s3:::b/${aws:nobody, 'ann'}/*"}, True),
    ],
)
def test_actions_and_resources(statement: dict[str, Any], allowed: bool) -> None:
    found = decided(statement, {"aws:username": ["ann"]})
    assert found == ("allowed" if allowed else "implicitDeny")


@pytest.mark.parametrize(
    ("operator", "wanted", "seen", "met"),
    [
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringNotEquals", "a", None, True),
        ("StringNotEquals", ["a", "b"], ["b"], False),
        ("StringNotLike", "a*", ["b"], True),
        ("StringEqualsIgnoreCase", "A", ["a"], True),
        ("StringLike", "a?c*", ["abcd"], True),
        ("Bool", True, ["true"], True),
        ("Bool", "false", ["true"], False),
        ("NumericLessThanEquals", "10", ["10"], True),
        ("NumericGreaterThan", 10, ["ten"], False),
        ("DateGreaterThan", "2024-01-01T00:00:00Z", ["2024-06-01T00:00:00Z"], True),
        ("IpAddress", "10.0.0.0/8", ["10.2.3.4"], True),
        ("NotIpAddress", "10.0.0.0/8", ["10.2.3.4"], False),
        ("ArnLike", "arn:aws:sns:*:*:t*", ["arn:aws:sns:us-east-1:1:topic"], True),
        ("ArnEquals", "arn:aws:sns:*", ["arn:aws:sns:us-east-1:1:topic"], False),
        ("Null", "true", None, True),
        ("Null", "true", ["x"], False),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["a", "c"], True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
    ],
)
def test_conditions(operator: str, wanted: Any, seen: list[str] | None, met: bool) -> None:
    condition = {"Condition": {operator: {"Some:Key": wanted}}}
    context = {} if seen is None else {"some:key": seen}
    assert decided(condition, context) == ("allowed" if met else "implicitDeny")


def test_an_operator_that_there_is_not() -> None:
    with pytest.raises(PolicyError, match="StringAlmostEquals"):
        decided({"Condition": {"StringAlmostEquals": {"k": "v"}}})


def test_missing_keys_are_named_and_resource_policies_count() -> None:
    asks = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    asks["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}  # type: ignore[assignment]
    found = decide(ACTION, RESOURCE, statements({"Statement": asks}, "p", ""), {})
    assert (found.decision, found.missing) == ("implicitDeny", {"aws:SecureTransport"})
    theirs = {**asks, "Principal": {"AWS": "arn:aws:iam::1:root"}, "Condition": {}}
    own = statements({"Statement": theirs}, "ResourcePolicy", "Resource Policy")
    for caller, said in (
        ("arn:aws:iam::1:user/u", "allowed"),
        ("arn:aws:iam::2:user/u", "implicitDeny"),
    ):
        found = decide(ACTION, RESOURCE, [], {}, resource_policy=own, caller=caller)
        assert found.decision == said
