"""How the properties of a resource differ from those that its template gave it.

AWS CloudFormation API Reference, "StackResourceDrift" and "PropertyDifference"; AWS CloudFormation
User Guide, "Detect unmanaged configuration changes to stacks and resources with drift detection":
only properties that the template sets are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lakestack.services.cloudformation.conformity import PropertyError, conform
from lakestack.services.cloudformation.schemas import Schema, resolved, schema_of
from lakestack.services.cloudformation.template import as_text

Model = dict[str, Any]


def comparable(
    resource_type: str, specified: Mapping[str, Any], read: Mapping[str, Any]
) -> tuple[Model, Model]:
    """Expected and actual properties, in the same form and of the same extent.

    Args:
        specified: as the template gave them
        read: by the properties' names; one that can be read, and is not there, is None

    Returns:
        what is expected of the properties that can be read, and what there is of it
    """
    schema = schema_of(resource_type) or {}
    expected = {name: value for name, value in specified.items() if name in read}
    there = {name: read[name] for name in expected if read[name] is not None}
    actual = {}
    for name, value in there.items():
        part = (schema.get("properties") or {}).get(name) or {}
        plain = _conformed(schema, name, value)
        actual[name] = _restricted(expected[name], plain, part, schema)
    return expected, actual


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[Model]:
    """The PropertyDifferences, in the order of the expected properties."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in [*expected, *(name for name in actual if name not in expected)]:
            yield from _difference(expected, actual, name, f"{path}/{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        left, right = dict(enumerate(expected)), dict(enumerate(actual))
        for index in range(max(len(expected), len(actual))):
            yield from _difference(left, right, index, f"{path}/{index}")
    elif as_text(expected) != as_text(actual):
        yield _made("NOT_EQUAL", path, expected, actual)


def text_of(value: Any) -> str:
    """A value as the API shows it: documents as JSON."""
    shown = as_text(value)
    return shown if isinstance(shown, str) else json.dumps(shown, sort_keys=True)


def _difference(expected: Any, actual: Any, key: Any, path: str) -> Iterator[Model]:
    if key not in actual:
        yield _made("REMOVE", path, expected[key], None)
    elif key not in expected:
        yield _made("ADD", path, None, actual[key])
    else:
        yield from differences(expected[key], actual[key], path)


def _made(kind: str, path: str, expected: Any, actual: Any) -> Model:
    return {
        "PropertyPath": path,
        "ExpectedValue": text_of(expected),
        "ActualValue": text_of(actual),
        "DifferenceType": kind,
    }


def _conformed(schema: Schema, name: str, value: Any) -> Any:
    """The value in the schema's types; as it is where the schema does not take it."""
    part = (schema.get("properties") or {}).get(name)
    if part is None:
        return value
    try:
        return conform({name: value}, {**schema, "required": []}, [name])[name]
    except PropertyError:
        return value


def _restricted(expected: Any, actual: Any, part: Any, schema: Schema) -> Any:
    """The actual value without what the template leaves to the service."""
    part = resolved(part, schema)
    if isinstance(expected, dict) and isinstance(actual, dict):
        known = part.get("properties")
        if not known:  # keys of the user's own: each of them counts
            return actual
        return {
            name: _restricted(expected[name], value, known.get(name) or {}, schema)
            for name, value in actual.items()
            if name in expected
        }
    if isinstance(expected, list) and isinstance(actual, list):
        items = part.get("items") or {}
        if part.get("insertionOrder") is False or part.get("uniqueItems"):
            actual = _in_order_of(expected, actual)
        paired = zip(expected, actual, strict=False)
        same = [_restricted(left, right, items, schema) for left, right in paired]
        return same + actual[len(expected) :]
    return actual


def _in_order_of(expected: list[Any], actual: list[Any]) -> list[Any]:
    """A set's members in the order of the template, new ones last."""
    rest = list(actual)
    found = [rest.pop(rest.index(item)) for item in expected if item in rest]
    return found + rest if len(found) == len(expected) else actual
