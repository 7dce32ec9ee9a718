"""JSON values as those of a table's columns; what does not fit is an error, never another value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from lakestack.services.firehose.format_conversion import timestamps
from lakestack.services.firehose.format_conversion.hive_types import HiveType
from lakestack.services.firehose.format_conversion.settings import HIVE, Deserializer

Read = Callable[[Any], Any]
"""Turns a JSON value (numbers with a fraction as Decimal) into a column's; None stays None."""

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LARGEST_FLOAT = 3.4028234663852886e38


class MismatchError(ValueError):
    """A value that is none of the column's type."""


def reader(hive: HiveType, deserializer: Deserializer) -> Read:
    """What reads a column's values.

    Raises (by what it returns):
        MismatchError: the value does not fit
    """
    convert = _converter(hive, deserializer)
    return lambda value: None if value is None else convert(value)


def _converter(hive: HiveType, deserializer: Deserializer) -> Read:
    return _nested(hive, deserializer) if hive.inner else _scalar(hive, deserializer)


def _scalar(hive: HiveType, deserializer: Deserializer) -> Read:
    if hive.name in _BITS:
        return lambda value: _integer(value, _BITS[hive.name])
    scalars: dict[str, Read] = {
        "boolean": _boolean,
        "float": lambda value: _floating(value, single=True),
        "double": lambda value: _floating(value, single=False),
        "decimal": lambda value: _decimal(value, *hive.numbers),
        "string": _text,
        "char": lambda value: _text(value)[: hive.numbers[0]],
        "varchar": lambda value: _text(value)[: hive.numbers[0]],
        "date": _date,
        "timestamp": lambda value: _timestamp(value, deserializer),
        "binary": lambda value: _text(value).encode(),
    }
    return scalars[hive.name]


def _nested(hive: HiveType, deserializer: Deserializer) -> Read:
    if hive.name == "struct":
        members = fields_reader(hive.fields, hive.inner, deserializer)
        return lambda value: members(_of(value, dict, "JSONObject"))
    *keys, item = (reader(each, deserializer) for each in hive.inner)
    if hive.name == "array":
        return lambda value: [item(each) for each in _of(value, list, "JSONArray")]
    return lambda value: [
        (keys[0](name), item(each)) for name, each in _of(value, dict, "JSONObject").items()
    ]


def fields_reader(
    names: tuple[str, ...], types: tuple[HiveType, ...], deserializer: Deserializer
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What reads an object's members into the fields of those names; others are left out."""
    readers = {name: reader(each, deserializer) for name, each in zip(names, types, strict=True)}
    fold = deserializer.case_insensitive
    wanted = {(name.lower() if fold else name): name for name in names}
    for column, key in deserializer.keys.items():
        # The mapped key takes the place of the column's own name.
        own = column.lower() if fold else column
        if own in wanted:
            wanted[key.lower() if fold else key] = wanted.pop(own)

    def read(members: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = dict.fromkeys(names)
        for key, value in members.items():
            name = key.lower() if fold else key
            if name not in wanted and deserializer.dots:
                name = name.replace(".", "_")
            if name in wanted:
                found[wanted[name]] = readers[wanted[name]](value)
        return found

    return read


def _integer(value: Any, bits: int) -> int:
    number = _numeric(value)
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    # Compared before it is made an int: 1E999999999 would have as many digits.
    if not low <= number <= high:
        raise MismatchError(f"{str(value)[:100]} is not a number of {bits} bits")
    if number != (found := int(number)):
        raise MismatchError(f"{str(value)[:100]} is not a whole number")
    return found


def _floating(value: Any, *, single: bool) -> float:
    found = float(_numeric(value))
    if math.isinf(found) or (single and abs(found) > _LARGEST_FLOAT):
        raise MismatchError(f"{str(value)[:100]} is out of range")
    return found


def _numeric(value: Any) -> Decimal:
    """A number, or one that is written as a text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise _other("number", value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise MismatchError(f'For input string: "{value[:100]}"')
    try:
        return Decimal(value)
    except InvalidOperation as e:  # an exponent beyond all bounds
        raise MismatchError(f'For input string: "{str(value)[:100]}"') from e


def _decimal(value: Any, precision: int, scale: int) -> Decimal:
    number = _numeric(value)
    with localcontext() as context:
        context.prec = 76
        try:
            found = number.quantize(Decimal(1).scaleb(-scale))
        except InvalidOperation as e:
            raise MismatchError(f'For input string: "{str(value)[:100]}"') from e
        if len(found.as_tuple().digits) > precision:
            raise MismatchError(f"{str(value)[:100]} is no decimal({precision},{scale})")
    return found


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _other("Boolean", value)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if not isinstance(value, str):
        value = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_number)
    try:
        value.encode()
    except UnicodeEncodeError as e:
        raise MismatchError("a text with half of a surrogate pair") from e
    return str(value)


def _number(value: Any) -> float:
    return float(value)  # a Decimal within an object that is kept as text


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(_of(value, str, "String")[:10])
    except ValueError as e:
        raise MismatchError(f"'{str(value)[:100]}' is not a date yyyy-MM-dd") from e


def _timestamp(value: Any, deserializer: Deserializer) -> int:
    found: int | None = None
    if isinstance(value, int | Decimal | str) and not isinstance(value, bool):
        if deserializer.kind == HIVE:
            readers = deserializer.formats or (timestamps.sql,)
            found = next((n for read in readers if (n := read(str(value))) is not None), None)
        else:
            found = timestamps.openx(value)
    if found is None or not -(1 << 63) <= found < 1 << 63:
        raise MismatchError(f"'{str(value)[:100]}' is not a timestamp")
    return found


def _of(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise _other(name, value)
    return value


def _other(wanted: str, value: Any) -> MismatchError:
    kinds = {bool: "Boolean", int: "Long", Decimal: "Double", str: "String"}
    kind = kinds.get(type(value))
    java = "JSONArray" if isinstance(value, list) else "JSONObject"
    java = f"java.lang.{kind}" if kind else java
    return MismatchError(f"Data is not {wanted} but {java} with value {str(value)[:100]}")
