"""CloudWatch Logs that can be read while jobs make groups and streams.

moto's lists walk over dictionaries that another request may be adding to, and then fail with a
500; so does LocalStack's list of groups, which also copies every event of every group first. One
lock around what walks and what adds or removes fixes that; writing events takes no part, because
it may call the functions that subscribe to a group.

FilterLogEvents answers in the order of time, as on AWS, where moto goes from stream to stream.
"""

from __future__ import annotations

import functools
import threading
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
    with _lock:
        found = [
            _described(group)
            for name, group in sorted(backend.groups.items())
            if name.startswith(prefix) and pattern in name
        ]
    return DescribeLogGroupsResponse(logGroups=found)


def _described(group: LogGroup) -> dict[str, Any]:
    optional = {"retentionInDays": group.retention_in_days, "kmsKeyId": group.kms_key_id}
    return {
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "creationTime": group.creation_time,
        "logGroupName": group.name,
        "logGroupClass": class_of(group),
        "metricFilterCount": 0,
        "storedBytes": sum(stream.stored_bytes for stream in group.streams.values()),
        **{name: value for name, value in optional.items() if value},
    }


def _in_order_of_time(group: LogGroup, *arguments: Any) -> Any:
    *others, pattern, _interleaved = arguments  # deprecated on AWS: "always interleaved"
    compile_filter(pattern or "")  # an empty group looks at none
    return patches.original("logs.in_order")(group, *others, pattern, True)


def _locked(method: Any) -> Any:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _lock:
            return method(*args, **kwargs)

    return call
