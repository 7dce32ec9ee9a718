"""Bodies of S3's answers: written as text in one pass, by functions compiled for each shape.

LocalStack 4.9.2 looks up a method and makes an element of a tree for every value, and writes the
tree at the end: of a page of a listing that is the larger half of all that the request costs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from localstack.aws.protocol.serializer import ProtocolSerializerError, S3ResponseSerializer

from lakestack import patches
from lakestack.services.compiled_shapes import once

LOG = logging.getLogger(__name__)
Text = list[str]
Write = Callable[[Any, Text], None]
"""Appends an element to the text."""

_DECLARATION = "<?xml version='1.0' encoding='utf-8'?>\n"
_ATTRIBUTE = {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"}
_SERIALIZER = S3ResponseSerializer()


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("xml_bodies.make", _body)


def _body(
    serializer: Any, params: Any, shape: Any, operation_model: Any, mime_type: str, request_id: str
) -> Any:
    if shape.type_name != "structure":
        original = patches.original("xml_bodies.make")
        return original(serializer, params, shape, operation_model, mime_type, request_id)
    name = shape.serialization.get("name", shape.name)
    root = serializer._RESPONSE_ROOT_TAGS.get(name, name)
    inside: Text = []
    attributes = {**_namespace(shape), "xmlns": serializer.XML_NAMESPACE}
    try:
        _content(shape)(params, attributes, inside)
    except (TypeError, ValueError, AttributeError) as e:
        raise ProtocolSerializerError(
            f"Invalid type when serializing {shape.name}: {str(e)[:200]}"
        ) from e
    text = [_DECLARATION]
    _element(root, attributes, inside, text)
    if inside:
        text.append("\n")  # as LocalStack: some clients look for a line break
    return "".join(text).encode("utf-8", "xmlcharrefreplace")


def _element(name: str, attributes: dict[str, str], inside: Text, text: Text) -> None:
    given = "".join(f' {key}="{escape(value, _ATTRIBUTE)}"' for key, value in attributes.items())
    if inside:
        text.append(f"<{name}{given}>")
        text += inside
        text.append(f"</{name}>")
    else:
        text.append(f"<{name}{given} />")


def _writer(shape: Any, name: str) -> Write:
    """The function that writes a value of this shape as an element of this name, made once."""
    compile_ = _COMPILERS.get(shape.type_name, _scalar)
    key = (shape.name, name, str(shape.serialization.get("timestampFormat", "")))
    return once(shape, "_lake_xml_writers", key, lambda: compile_(shape, name))


def _content(shape: Any) -> Callable[[Any, dict[str, str], Text], None]:
    """The function that writes the members of a structure, made once."""
    return once(shape, "_lake_xml_contents", shape.name, lambda: _members(shape))


def _members(shape: Any) -> Callable[[Any, dict[str, str], Text], None]:
    attributes, members = dict[str, str](), dict[str, Write]()
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if member.serialization.get("xmlAttribute"):
            attributes[name] = wire
        else:
            members[name] = _writer(member, wire)

    def write(value: Any, given: dict[str, str], text: Text) -> None:
        for name, item in value.items():
            if item is None:
                continue
            if name in members:
                members[name](item, text)
            elif name in attributes:
                given[attributes[name]] = item
            else:
                LOG.warning("%s in an answer: %s has no such member", name, shape.name)

    return write


def _namespace(shape: Any) -> dict[str, str]:
    found = shape.serialization.get("xmlNamespace")
    if not found:
        return {}
    prefix = found.get("prefix")
    return {f"xmlns:{prefix}" if prefix else "xmlns": found["uri"]}


def _structure(shape: Any, name: str) -> Write:
    content, namespace = _content(shape), _namespace(shape)

    def write(value: Any, text: Text) -> None:
        inside: Text = []
        attributes = dict(namespace)
        content(value, attributes, inside)
        _element(name, attributes, inside, text)

    return write


def _list(shape: Any, name: str) -> Write:
    flat = shape.serialization.get("flattened")
    member = _writer(
        shape.member, shape.member.serialization.get("name", name if flat else "member")
    )

    def write(value: Any, text: Text) -> None:
        inside: Text = []
        for item in value:
            if item is not None:
                member(item, inside)
        if flat:
            text += inside
        else:
            _element(name, {}, inside, text)

    return write


def _map(shape: Any, name: str) -> Write:
    key_writer = _writer(shape.key, shape.key.serialization.get("name", "key"))
    value_writer = _writer(shape.value, shape.value.serialization.get("name", "value"))
    flat = shape.serialization.get("flattened")

    def write(value: Any, text: Text) -> None:
        entries: Text = []
        for key, item in value.items():
            if item is not None:
                entry: Text = []
                key_writer(key, entry)
                value_writer(item, entry)
                _element(name if flat else "entry", {}, entry, entries)
        if flat:
            text += entries
        else:
            _element(name, {}, entries, text)

    return write


def _of_text(name: str, convert: Callable[[Any], str]) -> Write:
    begin, end, empty = f"<{name}>", f"</{name}>", f"<{name} />"

    def write(value: Any, text: Text) -> None:
        found = convert(value)
        text.append(begin + escape(found) + end if found else empty)

    return write


def _scalar(_shape: Any, name: str) -> Write:
    return _of_text(name, str)


def _boolean(_shape: Any, name: str) -> Write:
    return _of_text(name, lambda value: "true" if value else "false")


def _blob(_shape: Any, name: str) -> Write:
    return _of_text(name, _SERIALIZER._get_base64)


def _timestamp(shape: Any, name: str) -> Write:
    form = shape.serialization.get("timestampFormat")
    plain = (form or _SERIALIZER.TIMESTAMP_FORMAT).lower() == "iso8601"

    def convert(value: Any) -> str:
        if plain and type(value) is datetime and value.tzinfo is not None:
            return str(_SERIALIZER._timestamp_iso8601(value))
        return str(_SERIALIZER._convert_timestamp_to_str(value, form))

    return _of_text(name, convert)


_COMPILERS: dict[str, Callable[[Any, str], Write]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "timestamp": _timestamp,
    "boolean": _boolean,
    "blob": _blob,
}
