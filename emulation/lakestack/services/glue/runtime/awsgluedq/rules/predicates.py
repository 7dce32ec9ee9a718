"""Conditions of DQDL as predicates of rows.

AWS Glue Developer Guide, "ColumnValues" and "Expressions": the bounds of ``between`` do not belong
to it, null meets no condition but ``!=``, ``not in`` and ``NULL``, and a pattern is of the whole
value. Dates are compared by the day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..dqdl.model import Amount, Condition, Keyword, Moment, Number, Operand, Text
from .measure import RuleFailedError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COMPARISONS: dict[str, Callable[[Column, Column], Column]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def meets(value: Column, kind: str, condition: Condition) -> Column:
    """Whether a value meets a condition; null says no, too.

    Args:
        value: the value
        kind: its type in Spark's words
        condition: the condition

    Raises:
        RuleFailedError: the condition does not fit
    """
    operands, operator = condition.operands, condition.operator
    if operator == "matches":
        found = whole_match(value.cast("string"), operands[0])
        return (
            F.coalesce(found, F.lit(False)) if not condition.negated else value.isNotNull() & ~found
        )
    if operator in ("in", "=", "!="):
        negated = condition.negated or operator == "!="
        ways = [_is(value, kind, each) for each in operands]
        found = _any(ways)
        return ~found if negated else found
    if any(isinstance(each, Keyword) for each in operands):
        raise RuleFailedError(f"{operator} does not compare with a keyword")
    left, bounds = _comparable(value, kind, operands)
    if operator == "between":
        inside = (left > bounds[0]) & (left < bounds[1])
        outside = (left <= bounds[0]) | (left >= bounds[1])
        return outside if condition.negated else inside
    return _COMPARISONS[operator](left, bounds[0])


def of_numbers(condition: Condition) -> bool:
    """Whether a condition compares with numbers alone, so that the extremes tell why it fails."""
    return condition.operator in ("<", "<=", ">", ">=", "between", "=") and all(
        isinstance(each, Number) for each in condition.operands
    )


def whole_match(value: Column, pattern: Operand) -> Column:
    """Whether a text is matched by a regular expression of Java from its begin to its end."""
    if not isinstance(pattern, Text):
        raise RuleFailedError("matches needs a pattern in quotes")
    return value.rlike(rf"\A(?:{pattern.value})\z")


def _any(ways: Sequence[Column]) -> Column:
    found = F.lit(False)
    for way in ways:
        found = found | F.coalesce(way, F.lit(False))
    return found


def _is(value: Column, kind: str, operand: Operand) -> Column:
    if isinstance(operand, Keyword):
        text = value.cast("string")
        return {
            "NULL": value.isNull(),
            "EMPTY": text == "",
            "WHITESPACES_ONLY": text.rlike(r"\A\s+\z"),
        }[operand.name]
    left, right = _comparable(value, kind, [operand])
    return left == right[0]


def _comparable(
    value: Column, kind: str, operands: Sequence[Operand]
) -> tuple[Column, list[Column]]:
    """The value and what it is compared with, as numbers, days or texts."""
    if all(isinstance(each, Number) for each in operands):
        return number(value, kind), [F.lit(each.value) for each in operands]  # type: ignore[union-attr]
    texts = [each.value for each in operands if isinstance(each, Text)]
    moments = any(isinstance(each, Moment) for each in operands)
    temporal = kind == "date" or kind.startswith("timestamp")
    if moments or (temporal and texts) or (len(texts) == 2 and all(map(_DATE.fullmatch, texts))):
        return F.to_date(value), [day(each) for each in operands]
    if any(isinstance(each, Amount) for each in operands) or len(texts) < len(operands):
        raise RuleFailedError("its operands are not of one kind, or of no kind that it compares")
    return value.cast("string"), [F.lit(text) for text in texts]


def day(operand: Operand) -> Column:
    """The day that an operand says."""
    if isinstance(operand, Moment):
        return F.to_date(
            F.current_timestamp() + F.expr(f"make_interval(0,0,0,0,0,0,{operand.seconds})")
        )
    if isinstance(operand, Text) and _DATE.match(operand.value):
        return F.to_date(F.lit(operand.value[:10]))
    raise RuleFailedError(f"{operand} is no date")


def number(value: Column, kind: str) -> Column:
    """A value as a number; text that is none is null."""
    return value.cast("double") if kind != "boolean" else value.cast("int").cast("double")
