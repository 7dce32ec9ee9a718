"""Timestamps in JSON, as nanoseconds since 1970.

Amazon Data Firehose Developer Guide, "Choose the JSON deserializer": the formats of the OpenX
SerDe, and for the Hive SerDe `java.sql.Timestamp.valueOf` or patterns of Joda time's
`DateTimeFormat`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from lakestack.services import patterns

Reader = Callable[[str], int | None]
"""Nanoseconds of a text, None when it has another format."""

MILLIS = "millis"
NANOS = 1_000_000_000

_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(T| )(\d\d?):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z?)", re.A)
_LATEST_SECONDS = 100_000_000_000
"""Numbers above are milliseconds (our guess): as seconds, this is the year 5138."""

_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name}
_MONTHS |= {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])")
_WORD = r"[A-Za-z]+"
_OTHER = {"E": _WORD, "a": r"AM|PM", "Z": r"Z|[+-]\d\d:?\d\d", "D": r"\d{1,3}"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PatternError(ValueError):
    """A pattern with what is not supported."""


def openx(value: str | int | Decimal) -> int | None:
    """A timestamp as the OpenX SerDe reads it: ISO 8601, SQL's form, or a number since 1970."""
    if isinstance(value, str):
        if (found := _iso(value, zone="T")) is not None:
            return found
        if "_" in value:  # Python's own way to write a number
            return None
        try:
            value = Decimal(value)
        except InvalidOperation:
            return None
    number = Decimal(value)
    if not number.is_finite() or abs(number) > Decimal(10) ** 18:
        return None
    unit = NANOS if abs(number) < _LATEST_SECONDS else NANOS // 1000
    return int(number * unit)


def sql(value: str) -> int | None:
    """A timestamp as `java.sql.Timestamp.valueOf` reads it: ``yyyy-[m]m-[d]d hh:mm:ss[.f…]``."""
    return _iso(value, zone="")


def joda_reader(pattern: str) -> Reader:
    """What reads a pattern of Joda time, or ``millis``.

    Raises:
        PatternError: a letter that is not supported, or an open quote
    """
    if pattern == MILLIS:
        return _millis
    expression, fields, end = "", list[str](), 0
    for token in _TOKEN.finditer(pattern):
        if token.start() != end:
            break
        end = token.end()
        literal, letter, other = token.groups()
        if letter is None:
            text = other if literal is None else literal.replace("''", "'") or "'"
            expression += re.escape(text)
            continue
        expression += f"({_expression(letter, len(token.group()))})"
        fields.append(letter)
    if end != len(pattern) or not fields:
        raise PatternError("it is not a pattern")
    compiled = patterns.compile_pattern(expression, "i")

    def read(value: str) -> int | None:
        try:
            match = compiled.fullmatch(value)
        except patterns.PatternError:  # too long for it: no time
            return None
        return _of_fields(dict(zip(fields, match.groups(), strict=True))) if match else None

    return read


def _expression(letter: str, count: int) -> str:
    if letter in "yY":
        return r"\d{2}" if count == 2 else r"\d{4}"
    if letter == "M" and count >= 3:
        return _WORD
    if letter in "MdHhkKms":
        return rf"\d{{{count}}}" if count > 1 else r"\d{1,2}"
    if letter == "S":
        return rf"\d{{{count}}}"
    if letter not in _OTHER:
        raise PatternError(f"the letter {letter} is not supported")
    return _OTHER[letter]


def _of_fields(given: dict[str, str]) -> int | None:
    year = int(given.get("y") or given.get("Y") or 1970)
    if year < 100:
        year += 2000
    month_text = given.get("M", "1")
    month = int(month_text) if month_text.isdigit() else _MONTHS.get(month_text.lower(), 0)
    hour = int(given.get("H") or given.get("k") or 0) % 24
    if "h" in given or "K" in given:
        hour = int(given.get("h") or given.get("K") or 0) % 12
        hour += 12 if given.get("a", "").upper() == "PM" else 0
    try:
        moment = datetime(
            year,
            month,
            int(given.get("d", "1")),
            hour,
            int(given.get("m", "0")),
            int(given.get("s", "0")),
            tzinfo=_zone(given.get("Z", "Z")),
        )
    except ValueError:
        return None
    if "D" in given:
        moment = moment.replace(month=1, day=1) + timedelta(days=int(given["D"]) - 1)
    return _nanoseconds(moment) + _fraction(given.get("S"))


def _zone(text: str) -> timezone:
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _iso(value: str, zone: str) -> int | None:
    match = _ISO.fullmatch(value)
    if match is None or (match[4] == "T") != bool(match[9]) or (match[4] == "T" and not zone):
        return None
    try:
        moment = datetime(*(int(match[i]) for i in (1, 2, 3, 5, 6, 7)), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    return _nanoseconds(moment) + _fraction(match[8])


def _nanoseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * NANOS


def _fraction(digits: str | None) -> int:
    return int(digits.ljust(9, "0")[:9]) if digits else 0


def _millis(value: str) -> int | None:
    try:
        return int(value) * (NANOS // 1000)
    except ValueError:
        return None
