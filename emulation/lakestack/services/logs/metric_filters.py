"""CloudWatch Logs' metric filters, each for the events of its own log group.

LocalStack 4.9.2 applies every filter of a region to every group, with one call of CloudWatch for
each event: a forgotten filter on one group holds up all others for minutes. Here a filter adds one
statistic set for each PutLogEvents, minute and set of dimensions. moto keeps two filters where one
was put twice, and those of a deleted group.

Amazon CloudWatch Logs User Guide, "Creating metrics from log events using filters"; API Reference,
"PutMetricFilter" ("Creates or updates"), "MetricTransformation" and "TestMetricFilter".
"""

from __future__ import annotations

import logging
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.logs import (
    MetricFilterMatchRecord,
    PutLogEventsRequest,
    PutLogEventsResponse,
    TestMetricFilterRequest,
    TestMetricFilterResponse,
)
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.logs.provider import LogsProvider
from localstack.services.moto import call_moto
from localstack.utils.bootstrap import is_api_enabled
from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogsBackend

from lakestack import clock, patches
from lakestack.services.base import client
from lakestack.services.logs.batches import accepted
from lakestack.services.logs.filter_patterns import compile_filter
from lakestack.services.logs.metric_values import check, data_of

LOG = logging.getLogger(__name__)

MAX_DATA = 500
"""Of one PutMetricData; API "PutMetricData" takes 1000."""


def install() -> None:
    """Let a metric filter see its own log group only."""
    patches.replace("logs.put_events", put_log_events)
    patches.replace("logs.put_filter", _put_filter)
    patches.replace("logs.test_filter", test_metric_filter)


@handler("PutLogEvents", expand=False)
def put_log_events(
    _provider: LogsProvider, context: RequestContext, request: PutLogEventsRequest
) -> PutLogEventsResponse:
    """Keep the events, then count those that are kept by the filters of their group."""
    answer: PutLogEventsResponse = call_moto(context)
    kept, rejected = accepted(request["logEvents"], clock.wall_ms())
    if rejected:  # moto's places are of the last event of each kind
        answer["rejectedLogEventsInfo"] = rejected
    if is_api_enabled("cloudwatch"):
        backend = get_moto_logs_backend(context.account_id, context.region)
        for found in backend.describe_metric_filters(log_group_name=request["logGroupName"]):
            _count(context, found, kept)
    return answer


def _count(context: RequestContext, found: dict[str, Any], events: list[Any]) -> None:
    """Add what one filter makes of these events; a failure is logged and fails no request."""
    pattern = compile_filter(found.get("filterPattern", ""))
    matches = [(event["timestamp"], pattern.match(event["message"])) for event in events]
    cloudwatch = client(context.account_id, context.region, "cloudwatch")
    for made in found["metricTransformations"]:
        data = data_of(made, matches)
        try:
            for at in range(0, len(data), MAX_DATA):
                cloudwatch.put_metric_data(
                    Namespace=made["metricNamespace"], MetricData=data[at : at + MAX_DATA]
                )
        except Exception:
            LOG.exception("metric filter %s: %d events are not counted", found, len(events))


@handler("TestMetricFilter", expand=False)
def test_metric_filter(
    _provider: Any, _context: RequestContext, request: TestMetricFilterRequest
) -> TestMetricFilterResponse:
    """The messages that a pattern matches, and the fields that it finds in them.

    Raises:
        InvalidParameterException: AWS does not take the pattern
    """
    pattern = compile_filter(request["filterPattern"])
    return TestMetricFilterResponse(
        matches=[
            MetricFilterMatchRecord(
                eventNumber=number, eventMessage=message, extractedValues=found.extracted
            )
            for number, message in enumerate(request["logEventMessages"])
            if (found := pattern.match(message)) is not None
        ]
    )


test_metric_filter.__test__ = False  # type: ignore[attr-defined]


def _put_filter(
    filters: MetricFilters, filter_name: str, filter_pattern: str, log_group_name: str, made: Any
) -> None:
    pattern = compile_filter(filter_pattern)
    for each in made:
        check(each, pattern)
    filters.delete_filter(filter_name, log_group_name)
    add: Any = patches.original("logs.put_filter")
    add(filters, filter_name, filter_pattern, log_group_name, made)
    about = {"creationTime": clock.wall_ms(), "applyOnTransformedLogs": False}
    filters.metric_filters[-1].update(about)


def delete_filters_of(backend: LogsBackend, log_group_name: str) -> None:
    """Delete the filters of a deleted group; moto keeps them."""
    for found in backend.describe_metric_filters(log_group_name=log_group_name):
        backend.filters.delete_filter(found["filterName"], log_group_name)
