"""What a condition of a filter pattern compares: numbers, texts with wildcards, expressions."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lakestack.services.logs.filter_patterns.scanner import Scanner, invalid
from lakestack.services.patterns import PatternError, wildcard_pattern

OPERATORS = (">=", "<=", "!=", "=", ">", "<")
MAX_REGEXES = 2
"""User Guide: of one pattern for JSON or space-delimited events."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.*])")
_TEXT = re.compile(r"[\w.*]+")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}

Value = str | bool
"""A field of an event; a number of JSON is the text it was written with, a `Number`."""
Test = Callable[[Value], bool]


class Number(str):
    """A number of a JSON event, as it was written."""

    __slots__ = ()


@dataclass(frozen=True)
class Match:
    """An event that a pattern matches.

    Attributes:
        extracted: the fields that the pattern names, by ``$name`` or ``$.selector``
        lookup: any field by such a name, for the value of a metric; None where there is none
    """

    extracted: dict[str, str] = field(default_factory=dict)
    lookup: Callable[[str], str | None] = lambda _name: None


def text_of(value: Value) -> str:
    """A value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def number_of(value: object) -> float | None:
    """A value as a finite number; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in value else None


def condition(scanner: Scanner, *, typed: bool) -> Test:
    """Read an operator and what it compares with.

    Args:
        typed: whether texts differ from numbers, as in JSON: ``<`` then wants a number

    Raises:
        InvalidParameterException: AWS does not take it
    """
    sign = scanner.take(*OPERATORS)
    if sign is None:
        raise scanner.unexpected()
    scanner.skip_spaces()
    if (pattern := scanner.regex()) is not None:
        if sign not in ("=", "!="):
            raise invalid(f"Invalid operator '{sign}' for a regular expression")
        if scanner.regexes > MAX_REGEXES:
            raise invalid(f"A filter pattern can have at most {MAX_REGEXES} regular expressions")
        return _signed(sign, lambda value: _found(pattern, text_of(value)))
    if (text := scanner.quoted()) is None:
        if found := scanner.match(_NUMBER):
            return _numeric(sign, found[0], typed=typed)
        word = scanner.match(_TEXT)
        if word is None:
            raise scanner.unexpected()
        text = word[0]
    if sign not in ("=", "!="):
        raise invalid(f"Invalid operator '{sign}' for the text '{text}': it compares numbers")
    return _signed(sign, _like(text))


def _found(pattern: object, text: str) -> bool:
    try:
        return bool(pattern.search(text))  # type: ignore[attr-defined]
    except PatternError:  # too long for the engine with a deadline: no match
        return False


def _signed(sign: str, test: Test) -> Test:
    return test if sign == "=" else lambda value: not test(value)


def _like(text: str) -> Test:
    if "*" not in text:
        return lambda value: text_of(value) == text
    try:
        pattern = wildcard_pattern(text, many="*")
    except PatternError as e:
        raise invalid(str(e)) from e
    return lambda value: bool(pattern.fullmatch(text_of(value)))


def _numeric(sign: str, written: str, *, typed: bool) -> Test:
    """A text of JSON that reads as a number equals it (our guess), but is not more or less."""
    limit = float(written)
    compare = _ORDER[sign]

    def test(value: Value) -> bool:
        if typed and sign not in ("=", "!=") and not isinstance(value, Number):
            return False
        found = number_of(value)
        if found is None:
            return sign == "!="
        return compare(found, limit)

    return test
