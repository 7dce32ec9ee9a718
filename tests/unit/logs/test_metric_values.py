"""What a metric filter publishes for some events."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.aws.api.logs import InvalidParameterException

from lakestack.services.logs.filter_patterns import compile_filter
from lakestack.services.logs.metric_values import check, data_of

MINUTE = 60_000


def published(
    pattern: str, events: list[tuple[int, str]], **made: Any
) -> list[tuple[int, dict[str, str], tuple[float, float]]]:
    compiled = compile_filter(pattern)
    made = {"metricName": "m", "metricNamespace": "n", **made}
    check(made, compiled)
    return [
        (
            int(datum["Timestamp"].timestamp()) // 60,
            {d["Name"]: d["Value"] for d in datum["Dimensions"]},
            (datum["StatisticValues"]["SampleCount"], datum["StatisticValues"]["Sum"]),
        )
        for datum in data_of(made, [(at, compiled.match(message)) for at, message in events])
    ]


def test_a_field_s_value_is_published_by_minute() -> None:
    events = [(1, '{"ms": 2.5}'), (2, '{"ms": 4}'), (MINUTE, '{"ms": 1}'), (3, '{"ms": "x"}')]

    assert published("{ $.ms = * }", events, metricValue="$.ms") == [
        (0, {}, (2, 6.5)),
        (1, {}, (1, 1.0)),
    ]


def test_dimensions_make_metrics_of_their_own() -> None:
    events = [(1, "GET 200 5"), (2, "GET 404 7"), (3, "PUT 200 9"), (4, "GET 200 1")]

    assert published(
        "[method, code, bytes]", events, metricValue="$bytes", dimensions={"Code": "$code"}
    ) == [(0, {"Code": "200"}, (3, 15.0)), (0, {"Code": "404"}, (1, 7.0))]


def test_the_default_counts_once_in_a_minute_without_a_match() -> None:
    events = [(1, "fine"), (2, "fine"), (MINUTE, "ERROR"), (MINUTE + 1, "fine")]

    assert published("ERROR", events, metricValue="1", defaultValue=0.5) == [
        (1, {}, (1, 1.0)),
        (0, {}, (1, 0.5)),
    ]


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("ERROR", {"metricValue": "$size"}),
        ("[a, b]", {"metricValue": "$c"}),
        ("{ $.a = 1 }", {"metricValue": "many"}),
        ("ERROR", {"metricValue": "1", "dimensions": {"Code": "$.code"}}),
        ("[a]", {"metricValue": "1", "dimensions": {"A": "$a"}, "defaultValue": 0.0}),
        ("[]", {"metricValue": "1", "dimensions": {str(n): f"${n}" for n in range(1, 5)}}),
    ],
)
def test_what_cannot_be_published_is_refused(pattern: str, made: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterException, match="Invalid metric transformation"):
        published(pattern, [], **made)
