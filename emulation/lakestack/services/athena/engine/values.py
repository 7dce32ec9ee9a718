"""Values as texts, as Athena's result files and answers have them.

Amazon Athena User Guide, "Work with query results and recent queries"; numbers are as Java's
Double.toString gives them, nested values as Trino's.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Text = Callable[[Any], str]


def text_of(kind: Any) -> Text:
    """How values of a type are written; of values that are not NULL.

    Args:
        kind: DuckDB's type
    """
    name = kind.id
    if name == "map":
        parts = dict(kind.children)
        return _map(_nested(parts["key"]), _nested(parts["value"]))
    if name == "struct":
        return _row([(field, _nested(each)) for field, each in kind.children])
    if name in ("list", "array"):
        return _list(_nested(kind.children[0][1]))
    return _WRITERS.get(name, _plain)


def _nested(kind: Any) -> Text:
    write = text_of(kind)
    return lambda value: "null" if value is None else write(value)


def _list(write: Text) -> Text:
    return lambda value: f"[{', '.join(map(write, value))}]"


def _map(key: Text, item: Text) -> Text:
    def write(value: Any) -> str:
        return "{" + ", ".join(f"{key(k)}={item(v)}" for k, v in value.items()) + "}"

    return write


def _row(fields: list[tuple[str, Text]]) -> Text:
    """A row; DuckDB leaves members without names, sqlglot calls them ``_0`` and so on."""
    names = [
        f"field{at}" if not name or name == f"_{at}" else name
        for at, (name, _) in enumerate(fields)
    ]

    def write(value: Any) -> str:
        inner = value.values() if isinstance(value, dict) else value
        parts = zip(zip(names, (each for _, each in fields), strict=True), inner, strict=True)
        return "{" + ", ".join(f"{name}={each(v)}" for (name, each), v in parts) + "}"

    return write


def _plain(value: Any) -> str:
    return next((write(value) for kind, write in _BY_CLASS if isinstance(value, kind)), str(value))


def _time(value: time) -> str:
    return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}"


def _zoned(value: datetime) -> str:
    return f"{timestamp(value.astimezone(UTC))} UTC"


def timestamp(value: datetime) -> str:
    """With milliseconds."""
    return f"{value.year:04d}-{value:%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"


def _interval(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = f"{hours:02d}:{minutes:02d}:{seconds:02d}.{value.microseconds // 1000:03d}"
    return f"{sign}{value.days} {clock}"


def java_double(value: float, *, single: bool = False) -> str:
    """A number as Java writes it: ``1.0``, ``1.0E10``, ``1.5E-5``, ``NaN``, ``Infinity``.

    Args:
        single: it is of 32 bits
    """
    if math.isnan(value):
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if str(value)[0] == "-" else "0.0"
    text = _shortest_single(value) if single else repr(value)
    sign, digits, exponent = _digits(text)
    if -3 <= exponent < 7:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        digits = digits.ljust(exponent + 2, "0")
        return f"{sign}{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _digits(text: str) -> tuple[str, str, int]:
    """Sign, significant digits, and the exponent of the first of them."""
    sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    all_digits = whole + fraction
    digits = all_digits.lstrip("0")
    exponent = int(power or 0) + len(whole) - 1 - (len(all_digits) - len(digits))
    return sign, digits.rstrip("0") or "0", exponent


def _shortest_single(value: float) -> str:
    for precision in range(1, 10):
        text = f"{value:.{precision}g}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == value:
            return text
    return repr(value)


_WRITERS: dict[str, Text] = {
    "float": lambda value: java_double(float(value), single=True),
    "double": lambda value: java_double(float(value)),
    "timestamp with time zone": _zoned,
}
_BY_CLASS: tuple[tuple[Any, Text], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (datetime, timestamp),
    (Decimal, lambda value: format(value, "f")),
    (bytes | bytearray | memoryview, lambda value: bytes(value).hex(" ")),
    (time, _time),
    (timedelta, _interval),
)
"""The first that fits: a datetime is a date, too."""
