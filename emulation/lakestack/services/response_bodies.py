"""Bodies of answers in the JSON protocols: made in one pass, by functions compiled for each shape.

LocalStack 4.9.2 looks up a method for every value and makes a dictionary around every element of a
list: of a page of Kinesis records that is the larger half of all that the request costs.
"""

from __future__ import annotations

import json
import logging
import math
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from botocore.model import Shape
from cbor2 import CBORTag
from cbor2 import dumps as cbor2_dumps
from localstack.aws.protocol.serializer import JSONResponseSerializer, ProtocolSerializerError

from lakestack import patches
from lakestack.services.compiled_shapes import as_it_is, once

LOG = logging.getLogger(__name__)
Encode = Callable[[Any], Any]
"""From a handler's value to one of JSON, or of CBOR."""

_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""What `json` refuses, or writes otherwise, is left to it."""


class _NotFinite(float):
    """NaN or an infinity, which orjson would write as null: it does not know this class."""


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("response_bodies.make", _body)


def _body(
    serializer: Any,
    params: Any,
    shape: Any,
    operation_model: Any,  # noqa: ARG001 - LocalStack's signature
    mime_type: str,
    request_id: str,  # noqa: ARG001
) -> bytes | str:
    cbor = mime_type in serializer.CBOR_TYPES
    body: Any = {}
    if shape is not None and params is not None:
        try:
            body = encoder(shape, cbor=cbor)(params)
        except (TypeError, ValueError, AttributeError) as e:
            raise ProtocolSerializerError(
                f"Invalid type when serializing {shape.name}: {str(e)[:200]}"
            ) from e
    if cbor:
        return cbor2_dumps(body)
    return to_json(body)


def to_json(body: Any) -> bytes | str:
    """Write JSON."""
    try:
        return orjson.dumps(body, option=_OPTIONS)
    except TypeError:
        return json.dumps(body)


def encoder(shape: Shape, *, cbor: bool = False) -> Encode:
    """The function that converts a value of this shape, made once."""
    return _encoder(shape, cbor) or as_it_is


def _encoder(shape: Any, cbor: bool) -> Encode | None:
    """None for a shape whose values stay as they are."""
    compile_ = _COMPILERS.get(shape.type_name)
    if compile_ is None or (shape.type_name == "structure" and shape.is_document_type):
        return None
    # One shape has several wire forms: the member that refers to it may name another format.
    key = (shape.name, str(shape.serialization.get("timestampFormat", "")))
    cache = "_lake_cbor_encoders" if cbor else "_lake_json_encoders"
    return once(shape, cache, key, lambda: compile_(shape, cbor))


def _structure(shape: Any, cbor: bool) -> Encode:
    members = {
        name: (member.serialization.get("name", name), _encoder(member, cbor))
        for name, member in shape.members.items()
    }
    known = members.get

    def encode(value: Any) -> Any:
        result = {}
        for name, item in value.items():
            if item is None:
                continue
            member = known(name)
            if member is None:
                LOG.warning("%s in an answer: %s has no such member", name, shape.name)
                continue
            wire, convert = member
            result[wire] = item if convert is None else convert(item)
        return result

    return encode


def _list(shape: Any, cbor: bool) -> Encode:
    convert = _encoder(shape.member, cbor)
    if convert is None:
        return lambda value: [item for item in value if item is not None]
    return lambda value: [convert(item) for item in value if item is not None]


def _map(shape: Any, cbor: bool) -> Encode:
    convert = _encoder(shape.value, cbor) or as_it_is
    return lambda value: {key: convert(item) for key, item in value.items() if item is not None}


def _timestamp(shape: Any, cbor: bool) -> Encode | None:
    if cbor:
        return _tagged_time
    form = shape.serialization.get("timestampFormat")
    others = JSONResponseSerializer()
    seconds = (form or others.TIMESTAMP_FORMAT).lower() == "unixtimestamp"

    def encode(value: Any) -> Any:
        if seconds and type(value) is datetime and value.tzinfo is not None:
            return value.timestamp()
        return others._convert_timestamp_to_str(value, form)

    return encode


def _tagged_time(value: Any) -> Any:
    """A time as AWS writes it in CBOR: with the tag of RFC 8949 for seconds, but in milliseconds.

    The AWS SDKs for Java, which speak CBOR with Kinesis, read nothing else
    (github.com/aws/aws-sdk-java-v2, issue 4661).
    """
    if isinstance(value, datetime):
        whole = value.replace(microsecond=0).timestamp()
        return CBORTag(_TIME_TAG, int(whole) * 1000 + value.microsecond // 1000)
    return CBORTag(_TIME_TAG, int(value * 1000))


_TIME_TAG = 1


def _blob(_shape: Any, cbor: bool) -> Encode | None:
    if cbor:
        return None
    return lambda value: b64encode(value.encode() if isinstance(value, str) else value).decode()


def _float(_shape: Any, cbor: bool) -> Encode | None:
    if cbor:
        return None

    def encode(value: Any) -> Any:
        finite = type(value) is not float or math.isfinite(value)
        return value if finite else _NotFinite(value)

    return encode


_COMPILERS: dict[str, Callable[[Any, bool], Encode | None]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "timestamp": _timestamp,
    "blob": _blob,
    "float": _float,
    "double": _float,
}
