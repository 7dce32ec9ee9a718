"""CloudWatch Logs' metric filters: each counts the events of its own log group."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.lambda_.helpers import Aws
from tests.support import wait_until


def put(aws: Aws, group: str, count: int) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": f"line {n}"} for n in range(count)]
    aws("logs").put_log_events(logGroupName=group, logStreamName=group, logEvents=events)


def put_filter(aws: Aws, group: str, value: str) -> None:
    aws("logs").put_metric_filter(
        logGroupName=group,
        filterName=group,
        filterPattern="",
        metricTransformations=[
            {"metricName": "lines", "metricNamespace": group, "metricValue": value}
        ],
    )


def counted(aws: Aws, namespace: str) -> tuple[float, float]:
    """Samples and sum of the metric."""
    now = datetime.now(UTC)
    points: list[dict[str, Any]] = aws("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="lines",
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["SampleCount", "Sum"],
    )["Datapoints"]
    # LocalStack asks for each statistic by itself: events that arrive between two of
    # them are in the second one only, until the next look.
    return sum(p.get("SampleCount", 0) for p in points), sum(p.get("Sum", 0) for p in points)


def test_a_filter_counts_each_event_of_its_group_and_of_no_other(
    aws: Aws, group: str, name: str
) -> None:
    other = f"{name}-other"
    aws("logs").create_log_group(logGroupName=other)
    aws("logs").create_log_stream(logGroupName=other, logStreamName=other)
    put_filter(aws, group, "2.5")

    put(aws, other, 7)
    put(aws, group, 4)

    wait_until(lambda: counted(aws, group) == (4, 10.0), what="4 samples")


def test_a_filter_that_is_put_again_is_changed_and_a_group_s_end_is_its_own(
    aws: Aws, group: str
) -> None:
    put_filter(aws, group, "1")
    put_filter(aws, group, "3")
    found = aws("logs").describe_metric_filters(logGroupName=group)["metricFilters"]
    assert [f["metricTransformations"][0]["metricValue"] for f in found] == ["3"]

    aws("logs").delete_log_group(logGroupName=group)

    assert not aws("logs").describe_metric_filters(logGroupName=group)["metricFilters"]


def test_ten_thousand_events_are_counted_as_fast_as_they_are_put(
    aws: Aws, group: str, name: str
) -> None:
    put(aws, group, 10_000)  # what is loaded at the first request
    began = time.monotonic()
    put(aws, group, 10_000)
    alone = time.monotonic() - began
    put_filter(aws, group, "1")
    began = time.monotonic()
    put(aws, group, 10_000)
    filtered = time.monotonic() - began

    assert filtered < 3 * alone + 2.0  # a call for each event takes minutes
    assert counted(aws, group) == (10_000, 10_000.0)
