"""What a resource type's handler asks of a service, made complete and given the API's types.

Handlers of LocalStack's name the properties that they hand on, and leave out the rest. What the
operation that makes the resource takes by the same name is added here, so that it is applied; what
an operation does not take is noted, so that an event can say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from lakestack import patches
from lakestack.services.cloudformation.template import as_text

Model = dict[str, Any]
_TAG_KEYS = {"Key", "Value"}


@dataclass
class Handing:
    """The creation of one resource.

    Attributes:
        operation: ``service:Operation`` that makes it
        missing: properties that its handler leaves out, and that the operation takes
        properties: all that the template gives
        invented: parameters that its handler gives of itself, and the operation shall not get
        dropped: paths of what no operation took
    """

    operation: str
    missing: Mapping[str, Any]
    properties: Mapping[str, Any]
    invented: frozenset[str] = frozenset()
    dropped: list[str] = field(default_factory=list)


_CURRENT: ContextVar[Handing | None] = ContextVar("handing", default=None)


@contextmanager
def handing(current: Handing) -> Iterator[Handing]:
    """While a handler runs: complete and watch what it asks of services."""
    token = _CURRENT.set(current)
    try:
        yield current
    finally:
        _CURRENT.reset(token)


def install() -> None:
    """Put ours in the place of LocalStack's conversion of parameters."""

    def provide(event_name: str, params: Model, model: Any, **_: Any) -> Model:  # noqa: ARG001
        current = _CURRENT.get()
        if current is None:
            return converted(params, model.input_shape)
        if current.operation == f"{model.service_model.service_name}:{model.name}":
            named = {key.lower() for key in params}
            added = {k: v for k, v in current.missing.items() if k.lower() not in named}
            kept = {k: v for k, v in params.items() if k not in current.invented}
            params = {**kept, **added}
        dropped: list[str] = []
        made = converted(params, model.input_shape, dropped)
        given = _keys(current.properties)
        current.dropped += [
            path for path in dropped if "." in path and path.rpartition(".")[2] in given
        ]
        return made

    patches.replace("cloudformation.parameters", provide)


def converted(parameters: Mapping[str, Any], shape: Any, dropped: list[str] | None = None) -> Model:
    """An operation's parameters in the names and types of its shape.

    Args:
        parameters: with names in any case
        shape: the operation's input, or a structure within it
        dropped: gets the paths of what the shape does not have
    """
    dropped = [] if dropped is None else dropped
    made: Model = {}
    if shape is None:
        return made
    members = {name.lower(): name for name in shape.members}
    for key, value in parameters.items():
        name = key if key in shape.members else members.get(key.lower())
        if name is None:
            dropped.append(key)
            continue
        inner: list[str] = []
        made[name] = _typed(value, shape.members[name], inner)
        dropped += [f"{key}.{path}" for path in inner]
    return made


def _typed(value: Any, shape: Any, dropped: list[str]) -> Any:
    kind = shape.type_name
    match value, kind:
        case dict(), "structure":
            return converted(value, shape, dropped) if shape.members else value
        case dict(), "map":
            return {key: _typed(item, shape.value, dropped) for key, item in value.items()}
        case list(), "list":
            return [_typed(item, shape.member, dropped) for item in value]
        case list(), "map" if all(isinstance(i, dict) and set(i) == _TAG_KEYS for i in value):
            return {item["Key"]: as_text(item["Value"]) for item in value}
        case ((dict() | list()), _):
            return json.dumps(value) if kind == "string" else value
    return _scalar(value, kind)


def _scalar(value: Any, kind: str) -> Any:
    match kind:
        case "string" if value is not None:
            return as_text(value) if isinstance(value, bool | str) else str(value)
        case "integer" | "long" if isinstance(value, str | float):
            return int(value)
        case "float" | "double" if isinstance(value, str):
            return float(value)
        case "boolean" if isinstance(value, str):
            return value.lower() == "true"
    return value


def _keys(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_keys, value)) if value else set()
    if not isinstance(value, Mapping):
        return set()
    return set(value).union(*(_keys(item) for item in value.values()))
