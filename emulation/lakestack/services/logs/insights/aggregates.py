"""The functions of ``stats``: from the events of a group to one value."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

from lakestack.services.logs.insights.expressions import Fields, Value, expression, number, text
from lakestack.services.logs.insights.lexer import MalformedQueryError, Reader, Token, unexpected

Aggregate = Callable[[list[Fields]], Any]


def aggregate(token: Token, reader: Reader) -> Aggregate:
    """Read a function of ``stats`` whose name was read.

    Raises:
        MalformedQueryError: there is none of this name
    """
    name = token.text.lower()
    reader.expect("(")
    if name == "count" and reader.take("*"):
        reader.expect(")")
        return len
    if name == "count" and reader.take(")"):
        return len
    if name not in STATISTICS:
        valid = ", ".join(sorted(STATISTICS))
        raise MalformedQueryError(f"unknown function of stats {token.text}; known here: {valid}")
    value, percent = expression(reader), 0.0
    if name in ("pct", "percentile"):
        reader.expect(",")
        given = reader.next("a percentage")
        found = number(given.text) if given.kind == "number" else None
        if found is None:
            raise unexpected(given, "a percentage")
        percent = float(found)
    reader.expect(")")
    return _over(name, value, percent)


def _over(name: str, value: Value, percent: float) -> Aggregate:
    def of(events: list[Fields]) -> Any:
        if name in ("earliest", "latest"):
            ordered = sorted(events, key=lambda fields: fields["@timestamp"])
            return value(ordered[0 if name == "earliest" else -1])
        found = [item for fields in events if (item := value(fields)) is not None]
        if name == "count":
            return len(found)
        if name == "count_distinct":
            return len({text(item) for item in found})
        if name in ("sortsfirst", "sortslast"):
            return (min if name == "sortsfirst" else max)(map(text, found), default=None)
        numbers = [n for item in found if (n := number(item)) is not None]
        return _NUMERIC[name](numbers, percent) if numbers else None

    return of


def _percentile(numbers: list[Any], percent: float) -> Any:
    ordered = sorted(numbers)
    return ordered[min(len(ordered), max(1, math.ceil(percent / 100 * len(ordered)))) - 1]


_NUMERIC: dict[str, Callable[[list[Any], float], Any]] = {
    "sum": lambda numbers, _: sum(numbers),
    "avg": lambda numbers, _: float(statistics.fmean(numbers)),
    "min": lambda numbers, _: min(numbers),
    "max": lambda numbers, _: max(numbers),
    "stddev": lambda numbers, _: statistics.pstdev(numbers),
    "median": lambda numbers, _: statistics.median(numbers),
    "pct": _percentile,
    "percentile": _percentile,
}
STATISTICS = {*_NUMERIC, "count", "count_distinct", "earliest", "latest", "sortsfirst", "sortslast"}
