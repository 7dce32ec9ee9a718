"""CloudWatch Logs that can be read while jobs make groups and streams.

moto's lists walk over dictionaries that another request may be adding to, and then fail with a
500; so does LocalStack's list of groups, which also copies every event of every group first. One
lock around what walks and what adds or removes fixes that; writing events takes no part, because
it may call the functions that subscribe to a group.

FilterLogEvents answers in the order of time, as on AWS, where moto goes from stream to stream; a
token that is none of ours is refused, where moto answers with no events.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections import Counter
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.logs import (
    DescribeLogGroupsRequest,
    DescribeLogGroupsResponse,
    InvalidParameterException,
)
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.logs.provider import LogsProvider
from moto.logs.exceptions import LogsClientError, ResourceAlreadyExistsException
from moto.logs.models import LogGroup

from lakestack import patches
from lakestack.patches.many import LOG_READS
from lakestack.services.logs.classes import class_of
from lakestack.services.logs.filter_patterns import compile_filter
from lakestack.services.logs.metric_filters import delete_filters_of

MOST_EVENTS = 10_000
"""Of an answer of FilterLogEvents (API Reference)."""

_lock = threading.RLock()


def install() -> None:
    """Keep reads of log groups and streams apart from changes to them."""
    for name in LOG_READS:
        method = patches.original(f"logs.locked.{name}")
        change = _CHANGES.get(name)
        patches.replace(f"logs.locked.{name}", _locked(change(method) if change else method))
    patches.replace("logs.describe_groups", describe_log_groups)
    patches.replace("logs.in_order", _in_order_of_time)


def reading() -> threading.RLock:
    """The lock to hold while walking over groups and streams, or dropping what is in them."""
    return _lock


def _with_filters(delete: Any) -> Any:
    @functools.wraps(delete)
    def delete_log_group(backend: Any, log_group_name: str) -> Any:
        answer = delete(backend, log_group_name)
        delete_filters_of(backend, log_group_name)
        return answer

    return delete_log_group


def _by_its_kind(create: Any) -> Any:
    """A stream that is there already is no group, as moto says."""

    @functools.wraps(create)
    def create_log_stream(*args: Any, **kwargs: Any) -> Any:
        try:
            return create(*args, **kwargs)
        except ResourceAlreadyExistsException as e:
            raise LogsClientError(
                "ResourceAlreadyExistsException", "The specified log stream already exists"
            ) from e

    return create_log_stream


_CHANGES = {"delete_log_group": _with_filters, "create_log_stream": _by_its_kind}


@handler("DescribeLogGroups", expand=False)
def describe_log_groups(
    _provider: LogsProvider, context: RequestContext, request: DescribeLogGroupsRequest
) -> DescribeLogGroupsResponse:
    """All groups whose names begin with the prefix, or contain the pattern, by name.

    Raises:
        InvalidParameterException: both were given (API Reference, "DescribeLogGroups")
    """
    prefix = request.get("logGroupNamePrefix", "")
    pattern = request.get("logGroupNamePattern", "")
    if prefix and pattern:
        raise InvalidParameterException(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    backend = get_moto_logs_backend(context.account_id, context.region)
    filters = Counter(each["logGroupName"] for each in backend.describe_metric_filters())
    with _lock:
        found = [
            _described(group, filters[name])
            for name, group in sorted(backend.groups.items())
            if name.startswith(prefix) and pattern in name
        ]
    return DescribeLogGroupsResponse(logGroups=found)


def _described(group: LogGroup, filters: int) -> dict[str, Any]:
    optional = {"retentionInDays": group.retention_in_days, "kmsKeyId": group.kms_key_id}
    return {
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "creationTime": group.creation_time,
        "logGroupName": group.name,
        "logGroupClass": class_of(group),
        "metricFilterCount": filters,
        "storedBytes": sum(stream.stored_bytes for stream in group.streams.values()),
        **{name: value for name, value in optional.items() if value},
    }


def _in_order_of_time(
    group: LogGroup,
    name: str,
    streams: list[str],
    start: int,
    end: int,
    limit: int | None,
    token: str | None,
    pattern: str,
    _interleaved: bool,  # deprecated on AWS: "always interleaved"
) -> tuple[list[dict[str, Any]], str | None, list[dict[str, Any]]]:
    """A page of the matching events by time, the token of the next one, and the streams.

    Raises:
        InvalidParameterException: the token is none of ours, or AWS does not take the pattern
    """
    compile_filter(pattern or "")  # an empty group looks at none
    found, _, searched = patches.original("logs.in_order")(
        group, name, streams, start, end, sys.maxsize, None, pattern, True
    )
    first = _place_after(token, found) if token else 0
    page = found[first : first + (limit or MOST_EVENTS)]
    more = first + len(page) < len(found)
    return page, _token(page[-1]) if page and more else None, searched


def _token(event: dict[str, Any]) -> str:
    return f"{event['timestamp']}@{event['eventId']}@{event['logStreamName']}"


def _place_after(token: str, events: list[dict[str, Any]]) -> int:
    """Where the page after the event that a token names begins, also when the event has expired."""
    timestamp, _, rest = token.partition("@")
    event_id, _, stream = rest.partition("@")
    if not (timestamp.isdecimal() and event_id and stream):
        raise InvalidParameterException("The specified nextToken is invalid.")
    for place, event in enumerate(events):
        if (event["eventId"], event["logStreamName"]) == (event_id, stream):
            return place + 1
    return sum(event["timestamp"] <= int(timestamp) for event in events)


def _locked(method: Any) -> Any:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _lock:
            return method(*args, **kwargs)

    return call
