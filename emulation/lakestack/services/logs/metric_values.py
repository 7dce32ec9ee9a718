"""What a metric filter publishes for some events.

Amazon CloudWatch Logs API Reference, "MetricTransformation"; User Guide, "Configuring metric values
for a log group's metric filter" and "Publishing dimensions with metrics".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lakestack.services.logs.filter_patterns import FilterPattern, Match
from lakestack.services.logs.filter_patterns.scanner import invalid
from lakestack.services.logs.filter_patterns.values import number_of

MAX_DIMENSIONS = 3
"""User Guide: of a metric filter."""
_MINUTE_MS = 60_000

Key = tuple[int, tuple[tuple[str, str], ...]]
"""The minute, in milliseconds since 1970, and the dimensions."""


def check(made: dict[str, Any], pattern: FilterPattern) -> None:
    """Look at what a metric filter shall publish.

    Args:
        made: a MetricTransformation

    Raises:
        InvalidParameterException: AWS does not take it
    """
    value = str(made.get("metricValue", ""))
    if number_of(value) is None and not pattern.has(value):
        raise invalid(
            f"Invalid metric transformation: the metric value '{value}' is neither a number nor a "
            "field of the filter pattern"
        )
    dimensions = made.get("dimensions") or {}
    if dimensions and made.get("defaultValue") is not None:
        raise invalid("Invalid metric transformation: dimensions and default value are exclusive")
    if len(dimensions) > MAX_DIMENSIONS:
        raise invalid(f"Invalid metric transformation: more than {MAX_DIMENSIONS} dimensions")
    for name, field in dimensions.items():
        if not pattern.has(field):
            raise invalid(
                f"Invalid metric transformation: the value '{field}' of the dimension '{name}' is "
                "not a field of the filter pattern"
            )


def data_of(
    made: dict[str, Any], matches: Iterable[tuple[int, Match | None]]
) -> list[dict[str, Any]]:
    """The metric data of some events, summed up by minute and dimensions.

    A value that is no number, and an event without a dimension's field, is left out (our guess);
    in a minute in which none matches, the default value counts once ("reported ... during a period
    when logs are ingested but no matching logs are found").

    Args:
        made: a MetricTransformation
        matches: each event's time, in milliseconds, and what the pattern found in it

    Returns:
        CloudWatch's MetricDatum, with statistic sets
    """
    values: defaultdict[Key, list[float]] = defaultdict(list)
    quiet: dict[int, bool] = {}
    for timestamp, match in matches:
        minute = timestamp // _MINUTE_MS * _MINUTE_MS
        quiet[minute] = quiet.get(minute, True) and match is None
        if match is None:
            continue
        dimensions = _dimensions(made, match)
        value = _value(made, match)
        if value is not None and dimensions is not None:
            values[minute, dimensions].append(value)
    if (default := made.get("defaultValue")) is not None:
        for minute, empty in quiet.items():
            if empty:
                values[minute, ()].append(float(default))
    return [_datum(made, key, found) for key, found in values.items()]


def _value(made: dict[str, Any], match: Match) -> float | None:
    written = str(made.get("metricValue", ""))
    found = number_of(written)
    return number_of(match.lookup(written)) if found is None else found


def _dimensions(made: dict[str, Any], match: Match) -> tuple[tuple[str, str], ...] | None:
    found = {name: match.lookup(field) for name, field in (made.get("dimensions") or {}).items()}
    pairs = tuple((name, value) for name, value in sorted(found.items()) if value)
    return pairs if len(pairs) == len(found) else None


def _datum(made: dict[str, Any], key: Key, values: list[float]) -> dict[str, Any]:
    minute, dimensions = key
    return {
        "MetricName": made["metricName"],
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
        "Timestamp": datetime.fromtimestamp(minute / 1000, UTC),
        "Unit": made.get("unit") or "None",
        "StatisticValues": {
            "SampleCount": float(len(values)),
            "Sum": sum(values),
            "Minimum": min(values),
            "Maximum": max(values),
        },
    }
