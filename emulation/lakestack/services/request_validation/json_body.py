"""Bodies of the JSON protocols: read, checked for their types and converted in one pass.

Each shape of an API model is compiled once into a function, so that a request costs microseconds.
What comes out is what LocalStack's handlers take: bytes for blobs, datetimes for timestamps.
Members that the model does not know are ignored, null is an absent member (Smithy, "AWS JSON 1.1
protocol").
"""

from __future__ import annotations

import binascii
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import dateutil.parser
from botocore.model import Shape

from lakestack.services.compiled_shapes import once
from lakestack.services.request_validation.faults import (
    NullMemberError,
    Path,
    WireError,
    fault,
    shown_path,
)

Decode = Callable[[Any, Path], Any]
"""From a value and its path to the converted value; raises WireError or NullMemberError."""


@dataclass(frozen=True)
class Source:
    """Where a value comes from.

    Attributes:
        cbor: from CBOR, which has bytes and dates of its own
        lenient: from CloudFormation's types, in process: a template may write ``"5"`` for 5 and 5
            for a text, and CloudFormation converts them
    """

    name: str
    cbor: bool = False
    lenient: bool = False


JSON = Source("_lake_json")
CBOR = Source("_lake_cbor", cbor=True)
IN_PROCESS = Source("_lake_in_process", lenient=True)

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
INTEGERS = {"integer": 2**31, "long": 2**63}


def _constant(name: str) -> Any:
    raise WireError(f"Unexpected token {name}: not JSON")


_DECODER = json.JSONDecoder(parse_constant=_constant)


def read_json(body: bytes) -> Any:
    """Parse a body strictly: UTF-8, no NaN, no lone surrogates, bounded depth and digits.

    Raises:
        WireError: it is not JSON
    """
    try:
        found = _DECODER.decode(body.decode("utf-8"))
        if _SURROGATE.search(body):
            json.dumps(found, ensure_ascii=False).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as e:
        raise WireError(f"the body is not UTF-8: {e.reason} at {e.start}") from e
    except RecursionError as e:
        raise WireError("the body is nested too deeply") from e
    except ValueError as e:
        raise WireError(f"the body could not be parsed as JSON: {str(e)[:200]}") from e
    return found


def decoder(shape: Shape, source: Source = JSON) -> Decode:
    """The function that converts a value of this shape, made once for each shape and source."""
    # One shape has several wire forms: the member that refers to it may name another format.
    key = (shape.name, str(shape.serialization.get("timestampFormat", "")))
    compile_ = _COMPILERS.get(shape.type_name, _string)
    return once(shape, f"{source.name}_decoders", key, lambda: compile_(shape, source))


def _wrong(value: Any, path: Path, wanted: str) -> WireError:
    where = f" at '{shown_path(path)}'" if path else ""
    if isinstance(value, dict):
        found = "Start of structure or map found where not expected"
        return WireError(f"{found}{where}: {wanted} is needed")
    if isinstance(value, list):
        return WireError(f"Start of list found where not expected{where}: {wanted} is needed")
    kind = (
        "NULL_VALUE"
        if value is None
        else f"{value!s}_VALUE".upper()
        if isinstance(value, bool)
        else "STRING_VALUE"
        if isinstance(value, str)
        else "NUMBER_VALUE"
        if isinstance(value, int)
        else "DECIMAL_VALUE"
        if isinstance(value, float)
        else f"A {type(value).__name__}"
    )
    return WireError(f"{kind} can not be converted to {wanted}{where}")


def _structure(shape: Any, source: Source) -> Decode:
    if shape.is_document_type:
        return lambda value, _path: value
    members = {
        m.serialization.get("name", name): (name, decoder(m, source))
        for name, m in shape.members.items()
        if "location" not in m.serialization
    }
    known = members.get

    def decode(value: Any, path: Path) -> Any:
        if type(value) is not dict:
            raise _wrong(value, path, "a structure")
        result = {}
        for key, item in value.items():
            if item is not None and (member := known(key)) is not None:
                name, convert = member
                result[name] = convert(item, (path, name))
        return result

    return decode


def _list(shape: Any, source: Source) -> Decode:
    convert = decoder(shape.member, source)

    def decode(value: Any, path: Path) -> Any:
        if type(value) is not list:
            raise _wrong(value, path, "a list")
        result = []
        for number, item in enumerate(value, 1):
            if item is None:
                raise NullMemberError(fault(None, (path, number), "not be null"))
            result.append(convert(item, (path, number)))
        return result

    return decode


def _map(shape: Any, source: Source) -> Decode:
    convert = decoder(shape.value, source)

    def decode(value: Any, path: Path) -> Any:
        if type(value) is not dict:
            raise _wrong(value, path, "a map")
        result = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise _wrong(key, path, "the key of a map")
            if item is None:
                raise NullMemberError(fault(None, (path, key), "not be null"))
            result[key] = convert(item, (path, key))
        return result

    return decode


def _string(_shape: Any, source: Source) -> Decode:
    def decode(value: Any, path: Path) -> Any:
        if source.lenient and type(value) in (int, float, bool):
            return str(value).lower() if type(value) is bool else str(value)
        if type(value) is not str:
            raise _wrong(value, path, "a String")
        return value

    return decode


def _boolean(_shape: Any, source: Source) -> Decode:
    def decode(value: Any, path: Path) -> Any:
        if source.lenient and type(value) is str and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if type(value) is not bool:
            raise _wrong(value, path, "a Boolean")
        return value

    return decode


def _integer(shape: Any, source: Source) -> Decode:
    limit = INTEGERS[shape.type_name]
    wanted = "an Integer" if shape.type_name == "integer" else "a Long"

    def decode(value: Any, path: Path) -> Any:
        if source.lenient and type(value) is str:
            value = _read(int, value)
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not -limit <= value < limit:
            raise _wrong(value, path, wanted)
        return value

    return decode


def _read(kind: Callable[[str], Any], text: str) -> Any:
    """The number that a text says, or the text."""
    try:
        return kind(text)
    except ValueError:
        return text


def _float(_shape: Any, source: Source) -> Decode:
    def decode(value: Any, path: Path) -> Any:
        if source.lenient and type(value) is str:
            value = _read(float, value)
        if type(value) not in (int, float):
            raise _wrong(value, path, "a Double")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise WireError(f"Number out of range at '{shown_path(path)}'")
        return number

    return decode


def _blob(_shape: Any, source: Source) -> Decode:
    def decode(value: Any, path: Path) -> Any:
        if source.cbor and type(value) is bytes:
            return value
        if type(value) is not str:
            raise _wrong(value, path, "a Blob")
        try:
            return binascii.a2b_base64(value, strict_mode=True)
        except ValueError as e:
            raise WireError(f"Invalid base64 at '{shown_path(path)}': {e}") from e

    return decode


def _timestamp(shape: Any, source: Source) -> Decode:
    text_format = shape.serialization.get("timestampFormat", "unixTimestamp").lower()

    def decode(value: Any, path: Path) -> Any:
        if source.cbor and isinstance(value, datetime):
            return value
        try:
            if type(value) in (int, float):
                return datetime.fromtimestamp(value / 1000 if source.cbor else value, tz=UTC)
            if type(value) is str:
                if text_format == "rfc822":
                    return parsedate_to_datetime(value)
                return dateutil.parser.isoparse(value)
        except (ValueError, OverflowError, OSError, TypeError) as e:
            raise WireError(f"Invalid timestamp at '{shown_path(path)}': {str(e)[:100]}") from e
        raise _wrong(value, path, "a Timestamp")

    return decode


_COMPILERS: dict[str, Callable[[Any, Source], Decode]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "blob": _blob,
    "timestamp": _timestamp,
}
