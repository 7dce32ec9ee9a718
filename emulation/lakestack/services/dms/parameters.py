"""Template properties to API parameters: templates may write numbers and booleans as texts."""

from __future__ import annotations

from functools import cache
from typing import Any

from localstack.aws.spec import load_service


@cache
def _input_shape(operation: str) -> Any:
    return load_service("dms").operation_model(operation).input_shape


def request_for(operation: str, model: dict[str, Any]) -> dict[str, Any]:
    """The properties of a resource that an operation takes, in the types it takes.

    Properties that the operation does not know are left out: they are read-only or belong to
    other operations of the same resource.

    Raises:
        ValueError: naming a property of another type
    """
    return _structure(_input_shape(operation), model)


def _structure(shape: Any, value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _typed(name, shape.members[name], part)
        for name, part in value.items()
        if name in shape.members and part is not None
    }


def _typed(name: str, shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if isinstance(value, dict) and kind == "structure":
        return _structure(shape, value)
    if isinstance(value, list) and kind == "list":
        return [_typed(name, shape.member, part) for part in value]
    if isinstance(value, str):
        return _from_text(name, kind, value)
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, dict | list):
        raise ValueError(f"Value of property {name} must be of type String")
    return str(value) if kind == "string" and isinstance(value, int | float) else value


def _from_text(name: str, kind: str, text: str) -> Any:
    if kind in ("integer", "long"):
        try:
            return int(text)
        except ValueError:
            raise ValueError(
                f"Value of property {name} must be of type Integer, not {text!r}"
            ) from None
    return text.lower() == "true" if kind == "boolean" else text
