"""Fields, operators and functions of a query, compiled into functions of an event's fields.

Amazon CloudWatch Logs User Guide, "Boolean, comparison, numeric, datetime, and other functions".
What a field lacks is None, with which no comparison holds (our guess).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lakestack.services.logs.insights import structures
from lakestack.services.logs.insights.lexer import MalformedQueryError, Reader, Token, unexpected
from lakestack.services.logs.insights.structures import inside, member
from lakestack.services.patterns import PatternError, compile_pattern

Fields = dict[str, Any]
Value = Callable[[Fields], Any]

_PERIODS = {
    **dict.fromkeys(("ms", "msec"), 1),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1000),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60_000),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3_600_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400_000),
}


def number(value: Any) -> float | int | None:
    """A value as a number; None if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return value
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def text(value: Any) -> str:
    """A value as the answers show it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{round(value, 4):g}"
    return structures.stringified(value) or str(value)


def expression(reader: Reader) -> Value:
    """Read an expression.

    Raises:
        MalformedQueryError: it is none
    """
    return _either(reader)


def _either(reader: Reader) -> Value:
    found = _both(reader)
    while reader.take("or"):
        found = _joined(found, _both(reader), any)
    return found


def _both(reader: Reader) -> Value:
    found = _negation(reader)
    while reader.take("and"):
        found = _joined(found, _negation(reader), all)
    return found


def _joined(one: Value, other: Value, how: Callable[[Any], bool]) -> Value:
    return lambda fields: how(side(fields) for side in (one, other))


def _negation(reader: Reader) -> Value:
    if reader.take("not"):
        inner = _negation(reader)
        return lambda fields: not inner(fields)
    return _comparison(reader)


def _comparison(reader: Reader) -> Value:
    left = _sum(reader)
    negated = reader.take("not") is not None
    sign = reader.take("=", "!=", "<", "<=", ">", ">=", "like", "=~", "in")
    if sign is None:
        if negated:
            raise unexpected(reader.next("like or in"), "like or in")
        return left
    if sign.text.lower() in ("like", "=~"):
        test = _like(left, reader)
    elif sign.text.lower() == "in":
        test = _within(left, reader)
    else:
        test = _compared(left, sign.text, _sum(reader))
    return (lambda fields: not test(fields)) if negated else test


def _compared(left: Value, sign: str, right: Value) -> Value:
    def test(fields: Fields) -> bool:
        one, other = left(fields), right(fields)
        if one is None or other is None:
            return False
        numbers = number(one), number(other)
        pair = (text(one), text(other)) if None in numbers else numbers
        return bool(_COMPARE[sign](*pair))

    return test


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _like(left: Value, reader: Reader) -> Value:
    token = reader.next("a text or a regular expression")
    if token.kind == "text":
        return lambda fields: (v := left(fields)) is not None and token.text in text(v)
    if token.kind != "regex":
        raise unexpected(token, "a text or a regular expression")
    pattern = regex(token)
    return lambda fields: (v := left(fields)) is not None and bool(pattern.search(text(v)))


def regex(token: Token) -> Any:
    """The pattern of a token.

    Raises:
        MalformedQueryError: it cannot be run
    """
    try:
        return compile_pattern(token.text)
    except PatternError as e:
        raise MalformedQueryError(f"regular expression /{token.text}/: {e}") from e


def _within(left: Value, reader: Reader) -> Value:
    reader.expect("[")
    items = [_sum(reader)]
    while reader.take(","):
        items.append(_sum(reader))
    reader.expect("]")
    tests = [_compared(left, "=", item) for item in items]
    return lambda fields: any(test(fields) for test in tests)


def _sum(reader: Reader) -> Value:
    found = _product(reader)
    while sign := reader.take("+", "-"):
        found = _calculated(found, sign.text, _product(reader))
    return found


def _product(reader: Reader) -> Value:
    found = _power(reader)
    while sign := reader.take("*", "/", "%"):
        found = _calculated(found, sign.text, _power(reader))
    return found


def _power(reader: Reader) -> Value:
    found = _operand(reader)
    return _calculated(found, "^", _power(reader)) if reader.take("^") else found


def _calculated(left: Value, sign: str, right: Value) -> Value:
    def value(fields: Fields) -> Any:
        one, other = number(left(fields)), number(right(fields))
        if one is None or other is None:
            return None
        try:
            return _CALCULATE[sign](one, other)
        except (ArithmeticError, ValueError):
            return None

    return value


_CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "^": math.pow,
}


def _operand(reader: Reader) -> Value:
    if reader.take("("):
        inner = expression(reader)
        reader.expect(")")
        return inner
    if reader.take("-"):
        return _calculated(lambda _: 0, "-", _operand(reader))
    token = reader.next("a field or a value")
    if token.kind == "text":
        return lambda _: token.text
    if token.kind == "number":
        constant = float(token.text) if "." in token.text else int(token.text)
        return lambda _: constant
    if token.kind != "name":
        raise unexpected(token, "a field or a value")
    if reader.take("("):
        return _call(token, reader)
    found: Value = lambda fields: member(fields, token.text)  # noqa: E731 - one of two forms
    while reader.take("["):
        found = _at(found, reader)
    return found


def _at(structure: Value, reader: Reader) -> Value:
    """An item of a list, with the path that may follow it: ``items[0].name``."""
    token = reader.next("a place in a list")
    if token.kind != "number" or not token.text.isdigit():
        raise unexpected(token, "a place in a list")
    reader.expect("]")
    path, rest = token.text, reader.peek()
    if rest is not None and rest.kind == "name" and rest.text.startswith("."):
        path += reader.next().text
    return lambda fields: inside(structure(fields), path)


def _call(token: Token, reader: Reader) -> Value:
    name = token.text.lower()
    if name in _OF_TIME:
        return _period(name, reader)
    arguments = _arguments(reader)
    if name in _OF_MANY:
        call = _OF_MANY[name]
        return lambda fields: call([argument(fields) for argument in arguments])
    function = _FUNCTIONS.get(name)
    if function is None:
        valid = ", ".join(FUNCTION_NAMES)
        raise MalformedQueryError(f"unknown function {token.text}; known here: {valid}")

    def value(fields: Fields) -> Any:
        given = [argument(fields) for argument in arguments]
        if not given or any(item is None for item in given):
            return None
        try:
            return function(*given)
        except (TypeError, ValueError, ArithmeticError):
            return None

    return value


def _arguments(reader: Reader) -> list[Value]:
    found: list[Value] = []
    while not reader.take(")"):
        if found:
            reader.expect(",")
        found.append(expression(reader))
    return found


def _period(name: str, reader: Reader) -> Value:
    moment: Value = lambda fields: fields.get("@timestamp")  # noqa: E731 - one of two forms
    if name != "bin":
        moment = expression(reader)
        reader.expect(",")
    token = reader.next("a period")
    digits = "".join(c for c in token.text if c.isdigit())
    unit = token.text[len(digits) :] or (reader.next("a unit").text if digits else token.text)
    if unit.lower() not in _PERIODS:
        raise unexpected(token, "a period such as 5m")
    step = int(digits or 1) * _PERIODS[unit.lower()]
    reader.expect(")")
    if not step:
        raise unexpected(token, "a period such as 5m")

    def value(fields: Fields) -> Any:
        at = number(moment(fields))
        if at is None:
            return None
        whole = math.ceil(at / step) if name == "dateceil" else math.floor(at / step)
        return Moment(whole * step)

    return value


class Moment(int):
    """Milliseconds since 1970 that answers show as a date."""


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": lambda v: abs(number(v)),  # type: ignore[arg-type]
    "ceil": lambda v: math.ceil(number(v)),  # type: ignore[arg-type]
    "floor": lambda v: math.floor(number(v)),  # type: ignore[arg-type]
    "log": lambda v: math.log(number(v)),  # type: ignore[arg-type]
    "sqrt": lambda v: math.sqrt(number(v)),  # type: ignore[arg-type]
    "greatest": lambda *v: max(number(i) for i in v),  # type: ignore[type-var]
    "least": lambda *v: min(number(i) for i in v),  # type: ignore[type-var]
    "frommillis": lambda v: Moment(number(v)),  # type: ignore[arg-type]
    "tomillis": lambda v: int(number(v)),  # type: ignore[arg-type]
    "strlen": lambda v: len(text(v)),
    "toupper": lambda v: text(v).upper(),
    "tolower": lambda v: text(v).lower(),
    "trim": lambda v, c=None: text(v).strip(c),
    "ltrim": lambda v, c=None: text(v).lstrip(c),
    "rtrim": lambda v, c=None: text(v).rstrip(c),
    "concat": lambda *v: "".join(text(i) for i in v),
    "replace": lambda v, old, new: text(v).replace(text(old), text(new)),
    "strcontains": lambda v, part: int(text(part) in text(v)),
    **structures.FUNCTIONS,
    "substr": lambda v, at, size=None: text(v)[int(at) :][: None if size is None else int(size)],
}
_OF_MANY: dict[str, Callable[[list[Any]], Any]] = {
    "isempty": lambda v: v[0] is None or text(v[0]) == "",
    "isblank": lambda v: v[0] is None or not text(v[0]).strip(),
    "ispresent": lambda v: v[0] is not None,
    "coalesce": lambda v: next((item for item in v if item is not None), None),
}
_OF_TIME = ("bin", "datefloor", "dateceil")
FUNCTION_NAMES = sorted((*_FUNCTIONS, *_OF_MANY, *_OF_TIME))
"""In lower case, as which they are all read."""
