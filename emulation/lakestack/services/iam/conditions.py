"""Condition elements of IAM policies.

IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lakestack.services.iam.documents import PolicyError, listed, wildcard

Context = Mapping[str, list[str]]
"""Values by context key in lower case: keys do not tell cases apart."""
Test = Callable[[str, str], bool]
"""From the policy's value and the request's."""


def _number(text: str) -> float:
    return float(text)


def _date(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _by(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Test:
    def test(wanted: str, seen: str) -> bool:
        try:
            return bool(compare(read(seen), read(wanted)))
        except ValueError:
            return False

    return test


def _address(wanted: str, seen: str) -> bool:
    try:
        return ipaddress.ip_address(seen) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _arn(wanted: str, seen: str) -> bool:
    parts, found = wanted.split(":", 5), seen.split(":", 5)
    if len(parts) != 6 or len(found) != 6:
        return False
    return all(wildcard(one, other) for one, other in zip(parts, found, strict=True))


_TESTS: dict[str, Test] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": lambda wanted, seen: wanted.lower() == seen.lower(),
    "StringLike": lambda wanted, seen: wildcard(wanted, seen),
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda wanted, seen: wanted.lower() == seen.lower(),
    "BinaryEquals": operator.eq,
    "IpAddress": _address,
    "NumericEquals": _by(_number, operator.eq),
    "NumericLessThan": _by(_number, operator.lt),
    "NumericLessThanEquals": _by(_number, operator.le),
    "NumericGreaterThan": _by(_number, operator.gt),
    "NumericGreaterThanEquals": _by(_number, operator.ge),
    "DateEquals": _by(_date, operator.eq),
    "DateLessThan": _by(_date, operator.lt),
    "DateLessThanEquals": _by(_date, operator.le),
    "DateGreaterThan": _by(_date, operator.gt),
    "DateGreaterThanEquals": _by(_date, operator.ge),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def holds(element: Mapping[str, Any], context: Context, missing: set[str]) -> bool:
    """Whether every operator of a Condition element is met.

    Args:
        missing: gets the keys that the policy asks for and the context lacks

    Raises:
        PolicyError: an operator that there is not
    """
    met = [
        _met(operator_, key, listed(values), context, missing)
        for operator_, keys in element.items()
        for key, values in keys.items()
    ]
    return all(met)


def _met(operator_: str, key: str, wanted: list[Any], context: Context, missing: set[str]) -> bool:
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in wanted]
    seen = context.get(key.lower())
    quantifier, _, name = operator_.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name == "Null":
        return (seen is None) == (texts[:1] == ["true"])
    negated = name in _NEGATED
    test = _TESTS.get(_NEGATED.get(name, name))
    if test is None or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise PolicyError(f"Syntax error: {operator_} is no condition operator")
    if seen is None:
        missing.add(key)
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    results = [any(test(w, value) for w in texts) is not negated for value in seen]
    if quantifier == "ForAllValues":
        return all(results)
    # A negated operator over several values needs all of them to differ.
    return any(results) if quantifier or not negated else all(results)
