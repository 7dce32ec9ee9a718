"""Members of REST-XML requests and answers that are outside the body: those that are there.

LocalStack 4.9.2 asks a request for each member that its operation knows, and most of what S3 knows
is absent: reading a GET or PUT of 1 KB was a sixth of what it costs. The time of an object, which
its provider has as text already, is read by dateutil and written again: a fifth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import Shape, StructureShape

from lakestack import patches
from lakestack.services.compiled_shapes import once

_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
"""RFC 9110, "Date/Time Formats": what AWS's models call rfc822."""


@dataclass(frozen=True)
class Places:
    """Where the members of a structure are.

    Attributes:
        absent: each member with a location, and None
        headers: by name in lower case, the members in headers; texts, which are taken as they are,
            without their shapes
        query: by name, the members in the query string
        others: the members that each request has, or that are made of several headers
        body: a structure of the members without a location; None if there are none
    """

    absent: Mapping[str, None]
    headers: Mapping[str, tuple[str, Shape | None]]
    query: Mapping[str, tuple[str, Shape]]
    others: Mapping[str, Shape]
    body: StructureShape | None


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("rest_members.read", reader(patches.original("rest_members.read")))
    patches.replace("rest_members.header", writer(patches.original("rest_members.header")))


def reader(original: Callable[..., Any]) -> Callable[..., Any]:
    """The method that reads a structure of a request.

    Args:
        original: LocalStack's, which reads what is in bodies
    """

    def read(parser: Any, request: Any, shape: Any, node: Any, uri_params: Any = None) -> Any:
        places = places_of(shape)
        if not places.absent:
            return original(parser, request, shape, node, uri_params)
        parsed: dict[str, Any] = dict(places.absent)
        found = dict(places.others)
        known = places.headers
        for header, value in request.headers:
            low = header.lower()
            if low in known:
                name, member = known[low]
                if member is not None:
                    found[name] = member
                elif parsed[name] is None:  # the first of several
                    parsed[name] = value
        if places.query and request.query_string:
            for name in request.args:
                if asked := places.query.get(name):
                    found[asked[0]] = asked[1]
        for name, member_shape in found.items():
            parsed[name] = parser._parse_shape(request, member_shape, None, uri_params)
        if places.body is not None:
            parsed |= original(parser, request, places.body, node, uri_params)
        return parsed

    return read


def writer(original: Callable[..., Any]) -> Callable[..., Any]:
    """The method that writes the value of an answer's header.

    Args:
        original: LocalStack's
    """

    def write(serializer: Any, shape: Any, value: Any) -> Any:
        if shape.type_name == "timestamp" and is_written(serializer, shape, value):
            return value
        return original(serializer, shape, value)

    return write


def is_written(serializer: Any, shape: Shape, value: Any) -> bool:
    """Whether a time is text in the format that its header has."""
    form = shape.serialization.get("timestampFormat", serializer.HEADER_TIMESTAMP_FORMAT)
    return form == "rfc822" and isinstance(value, str) and bool(_HTTP_DATE.fullmatch(value))


def places_of(shape: StructureShape) -> Places:
    """Where the members of a structure are, looked up once."""

    def make() -> Callable[[], Places]:
        places = _places(shape)
        return lambda: places

    return once(shape, "_lake_places", shape.name, make)()


def _places(shape: StructureShape) -> Places:
    headers: dict[str, tuple[str, Shape | None]] = {}
    query: dict[str, tuple[str, Shape]] = {}
    others: dict[str, Shape] = {}
    located = {n: m for n, m in shape.members.items() if "location" in m.serialization}
    for name, member in located.items():
        wire = str(member.serialization.get("name", name))
        location = member.serialization["location"]
        if location == "header":
            headers[wire.lower()] = (name, None if member.type_name == "string" else member)
        elif location == "querystring":
            query[wire] = (name, member)
        else:
            others[name] = member
    return Places(dict.fromkeys(located), headers, query, others, _without(shape, located))


def _without(shape: StructureShape, located: Mapping[str, Shape]) -> StructureShape | None:
    model = shape._shape_model
    members = {n: m for n, m in model.get("members", {}).items() if n not in located}
    if not members:
        return None
    required = [name for name in model.get("required", ()) if name in members]
    reduced = {**model, "members": members, "required": required}
    return StructureShape(shape.name, reduced, shape._shape_resolver)
