"""Headers of AWS's answers: those that an answer has, in the order of the API model.

LocalStack 4.9.2 looks for each member that an operation's answer may have, 40 for S3's, twice, and
reads what the client accepts again for each answer. The headers are the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from botocore.model import Shape, StructureShape
from botocore.utils import is_json_value_header

from lakestack import patches
from lakestack.services.compiled_shapes import once
from lakestack.services.http_server.fresh_response import fresh_response

_MOST_CHARACTERS = 200
"""What a client accepts is remembered up to this length; what clients send is shorter."""
_AS_THEY_ARE = frozenset({"string", "integer", "long"})


class Member(NamedTuple):
    """A member of an answer.

    Attributes:
        order: its place in the model
        location: None: in the body
        wire: its name, or the beginning of its names
        as_it_is: whether its value is the header's
    """

    order: int
    location: str | None
    wire: str
    as_it_is: bool
    shape: Shape


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("answer_headers.split", split)
    patches.replace("answer_headers.write", write)
    patches.replace("answer_headers.start", start)
    patches.replace("answer_headers.accepted", reader(patches.original("answer_headers.accepted")))


def split(
    serializer: Any, parameters: Mapping[str, Any], shape: Shape | None
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """What of an answer is outside its body, and what is within."""
    del serializer
    if not isinstance(shape, StructureShape):
        return {}, parameters
    outside = _InOrder()
    within: dict[str, Any] = {}
    for name, member in _found(parameters, shape):
        (outside if member.location else within)[name] = parameters[name]
    return outside, within


def write(serializer: Any, parameters: Mapping[str, Any], response: Any, shape: Any) -> None:
    """Write the headers and the status of an answer."""
    if not isinstance(shape, StructureShape):
        return
    headers = response.headers
    if isinstance(parameters, _InOrder):
        members = _members(shape)
        found = [(name, members[name]) for name in parameters]
    else:
        found = _found(parameters, shape)
    for name, member in found:
        value = parameters[name]
        if value is None:
            continue
        if member.location == "header":
            if not member.as_it_is:
                value = serializer._serialize_header_value(member.shape, value)
            headers.set(member.wire, value)
        elif member.location == "headers":
            serializer._serialize_header_map(member.wire, response, value)
        elif member.location == "statusCode":
            response.status_code = int(value)


def start(serializer: Any, operation_model: Any, mime_type: str) -> Any:
    """An answer without content, whose headers are found by an index."""
    del serializer, mime_type
    return fresh_response(operation_model.http.get("responseCode", 200))


def reader(original: Callable[..., Any]) -> Callable[..., Any]:
    """The method that says in which format a client wants its answer.

    Args:
        original: LocalStack's
    """

    @functools.lru_cache(maxsize=256)
    def remembered(kind: Hashable, accept: str | None, content: str | None) -> Any:
        headers = {"Accept": accept, "Content-Type": content}
        sent = {name: value for name, value in headers.items() if value is not None}
        return original(kind, sent)

    def accepted(serializer: Any, headers: Any) -> Any:
        accept = headers.get("Accept") if headers else None
        content = headers.get("Content-Type") if headers else None
        if len(accept or "") + len(content or "") > _MOST_CHARACTERS:
            return original(serializer, headers)
        kind: Any = type(serializer)
        return remembered(kind, accept, content)

    return accepted


class _InOrder(dict[str, Any]):
    """Values of members, in the order of the model."""


def _found(parameters: Mapping[str, Any], shape: StructureShape) -> list[tuple[str, Member]]:
    members = _members(shape)
    found = [(name, members[name]) for name in parameters if name in members]
    found.sort(key=_order)
    return found


def _order(found: tuple[str, Member]) -> int:
    return found[1].order


def _members(shape: StructureShape) -> Mapping[str, Member]:
    """The members of an answer, looked up once."""

    def make() -> Callable[[], Mapping[str, Member]]:
        members = {
            name: _member(order, name, member)
            for order, (name, member) in enumerate(shape.members.items())
        }
        return lambda: members

    return once(shape, "_lake_answer_members", shape.name, make)()


def _member(order: int, name: str, shape: Shape) -> Member:
    location = shape.serialization.get("location")
    as_it_is = shape.type_name in _AS_THEY_ARE and not is_json_value_header(shape)
    return Member(order, location, shape.serialization.get("name", name), as_it_is, shape)
