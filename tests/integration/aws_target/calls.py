"""What botocore's clients in this process are asked for, and what it looks like."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore.handlers
import botocore.session

OWN: Final = "movielens-lake"
"""In the user agent of the pipeline's clients; functions and doubles have clients of their own."""


@dataclass(frozen=True)
class Call:
    """One operation as a client was asked for it."""

    service: str
    operation: str
    params: dict[str, Any]
    own: bool
    """Whether the pipeline asked, and not what runs in the account."""
    validated: bool
    """Whether botocore checks the parameters against its model."""
    protocol: str
    code: str = ""
    """The module of the function whose code asked, if one did, such as ``simulator``."""
    region: str = ""
    """Of the client."""

    @classmethod
    def asked(cls, params: Any, model: Any, context: dict[str, Any]) -> Call:
        """Of what botocore's event ``before-parameter-build`` carries."""
        config = context["client_config"]
        return cls(
            model.service_model.service_name,
            model.name,
            _plain(params),
            OWN in (config.user_agent_extra or ""),
            bool(config.parameter_validation),
            model.service_model.resolved_protocol,
            _code(),
            context["client_region"],
        )


@contextmanager
def recording() -> Iterator[list[Call]]:
    """What all clients of sessions that are made meanwhile are asked for."""
    calls: list[Call] = []

    def note(params: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        calls.append(Call.asked(params, model, context))

    with listening([("before-parameter-build", note)]):
        yield calls


@contextmanager
def listening(hooks: list[tuple[str, Any]]) -> Iterator[None]:
    """Have botocore call each function at its event, in all sessions that are made meanwhile."""
    botocore.handlers.BUILTIN_HANDLERS.extend(hooks)
    try:
        yield
    finally:
        for hook in hooks:
            botocore.handlers.BUILTIN_HANDLERS.remove(hook)


def shape(call: Call) -> str:
    """What the parameters look like: names and types by botocore's model, no values.

    A map's keys are values too, such as the table names of BatchGetItem. A list's items count once.

    Returns:
        such as ``{Bucket: string, Tags: [{Key: string, Value: string}]}``
    """
    return _shape(_input(call.service, call.operation), call.params)


@cache
def _input(service: str, operation: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape


def _shape(model: Any, value: Any) -> str:
    kind = model.type_name if model is not None else "structure"
    if kind == "structure":
        members = {} if model is None else model.members
        inside = [f"{key}: {_shape(members[key], value[key])}" for key in sorted(value)]
        return "{" + ", ".join(inside) + "}"
    if kind == "list":
        return "[" + " | ".join(sorted({_shape(model.member, item) for item in value})) + "]"
    if kind == "map":
        return "{*: " + " | ".join(sorted({_shape(model.value, v) for v in value.values()})) + "}"
    return str(kind)


def _code() -> str:
    """Of the frames that led here, the nearest that is a function's code, or else a double's."""
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.parent.parent.name == "functions":  # `Functions` unpacks each into one of its own
            return path.stem
        if path.parent == Path(__file__).parent and path.stem not in ("calls", "wire"):
            return ""
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def _plain(params: Any) -> Any:
    """A copy that later handlers do not change; streams stay what they are."""
    if isinstance(params, dict):
        return {key: _plain(value) for key, value in params.items()}
    if isinstance(params, list | tuple):
        return [_plain(value) for value in params]
    return params if isinstance(params, str | int | float | bool | bytes) else repr(type(params))
