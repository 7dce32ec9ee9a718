"""Subscription filters: each gets the events of its log group that its own pattern matches.

LocalStack 4.9.2 forwards every event, hands what one filter has left over to the next, refuses to
change a filter when there are two, and fails PutLogEvents when a destination fails.

Amazon CloudWatch Logs User Guide, "Real-time processing of log data with subscriptions": a function
is invoked asynchronously, a stream of Kinesis or Data Firehose gets records; the data is JSON,
packed by gzip.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to
from localstack.services.logs import provider  # noqa: F401 - its patches come before ours
from localstack.utils.aws import arns
from localstack.utils.aws.client_types import ServicePrincipal
from moto.core.utils import unix_time_millis
from moto.logs.exceptions import (
    InvalidParameterException,
    LimitExceededException,
    LogsClientError,
    ResourceAlreadyExistsException,
)
from moto.logs.models import LogEvent, LogGroup, LogsBackend, LogStream, SubscriptionFilter

from lakestack import patches
from lakestack.services.logs.filter_patterns import compile_filter

LOG = logging.getLogger(__name__)

MAX_FILTERS = 2
"""User Guide, "CloudWatch Logs quotas": of a log group."""
MAX_DATA = {"lambda": 190_000, "kinesis": 1_000_000, "firehose": 1_000_000}
"""Bytes of packed data, by service: an asynchronous invocation takes 256 KB of JSON (AWS Lambda
Developer Guide, "Lambda quotas"), where base64 makes a third more of them; a record 1 MB."""

_CROSS_ACCOUNT = (
    "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to "
    "create cross account lambda triggers."
)


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("logs.matcher", _matcher)
    patches.replace("logs.forward", put_log_events)
    patches.replace("logs.put_subscription", put_subscription_filter)
    patches.replace("logs.create_stream", create_log_stream)
    patches.replace("logs.subscription_json", _described)
    patches.replace("logs.check_subscription", _checked)


def _matcher(pattern: str) -> Any:
    compiled = compile_filter(pattern or "")
    return lambda _pattern, event: compiled.match(event["message"]) is not None


def create_log_stream(group: LogGroup, log_stream_name: str) -> None:
    """Make a stream, in whatever group: its events go by the group's filters.

    Raises:
        ResourceAlreadyExistsException: there is one of this name
    """
    if log_stream_name in group.streams:
        raise ResourceAlreadyExistsException
    group.streams[log_stream_name] = LogStream(log_group=group, name=log_stream_name)


def _checked(
    backend: LogsBackend,
    log_group_name: str,
    filter_name: str,
    filter_pattern: str,
    destination_arn: str,
    role_arn: str | None,
) -> None:
    """Refuse a destination that AWS does not take, before anything else, then go on."""
    service, account = [*destination_arn.split(":"), "", "", "", "", ""][2:5:2]
    if service == "lambda" and account != backend.account_id:
        raise LogsClientError("AccessDeniedException", _CROSS_ACCOUNT)
    if service == "lambda" and role_arn:
        raise InvalidParameterException(
            "destinationArn for vendor lambda cannot be used with roleArn"
        )
    if service in ("kinesis", "firehose") and not role_arn:
        raise InvalidParameterException(
            f"destinationArn for vendor {service} cannot be used without roleArn"
        )
    if service == "lambda" and log_group_name in backend.groups:
        _there(backend, destination_arn)
    put: Any = patches.original("logs.check_subscription")
    put(backend, log_group_name, filter_name, filter_pattern, destination_arn, role_arn)


def _there(backend: LogsBackend, function: str) -> None:
    lambda_ = connect_to(
        aws_access_key_id=backend.account_id, region_name=backend.region_name
    ).lambda_
    try:
        lambda_.get_function_configuration(FunctionName=function)
    except ClientError as e:
        raise InvalidParameterException(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
            "permission to execute your function."
        ) from e


def put_subscription_filter(
    group: LogGroup, filter_name: str, filter_pattern: str, destination_arn: str, role_arn: str
) -> None:
    """Make or change a filter of a log group.

    Raises:
        InvalidParameterException: AWS does not take the pattern
        LimitExceededException: the group has two others
    """
    compile_filter(filter_pattern or "")
    others = [name for name in group.subscription_filters if name != filter_name]
    if len(others) >= MAX_FILTERS:
        raise LimitExceededException
    if found := group.subscription_filters.get(filter_name):
        found.update(filter_pattern, destination_arn, role_arn)
        return
    group.subscription_filters[filter_name] = SubscriptionFilter(
        name=filter_name,
        log_group_name=group.name,
        filter_pattern=filter_pattern,
        destination_arn=destination_arn,
        role_arn=role_arn,
    )


def _described(subscription: SubscriptionFilter) -> dict[str, Any]:
    """As the API describes it; "Random" and transformed logs are not emulated."""
    found: dict[str, Any] = patches.original("logs.subscription_json")(subscription)
    return {**found, "applyOnTransformedLogs": False}


def put_log_events(stream: LogStream, log_events: list[dict[str, Any]]) -> str:
    """Keep events, and forward to each subscription what its pattern matches."""
    stream.last_ingestion_time = int(unix_time_millis())
    stream.stored_bytes += sum(len(event["message"]) for event in log_events)
    events = [LogEvent(stream.last_ingestion_time, event) for event in log_events]
    stream.events += events
    stream.upload_sequence_token += 1
    for subscription in list(stream.log_group.subscription_filters.values()):
        pattern = compile_filter(subscription.filter_pattern or "")
        if matching := [event for event in events if pattern.match(event.message) is not None]:
            _forward(stream, subscription, matching)
    return f"{stream.upload_sequence_token:056d}"


def _forward(stream: LogStream, subscription: SubscriptionFilter, events: list[LogEvent]) -> None:
    """Send events to a destination; what it does not take is told in the log."""
    destination = subscription.destination_arn
    service = destination.split(":")[2]
    try:
        for data in _packed(stream, subscription, events, MAX_DATA.get(service, 1_000_000)):
            _send(stream, subscription, service, data)
    except Exception:
        LOG.exception(
            "subscription filter %s of %s: up to %d events did not reach %s",
            *(subscription.name, stream.log_group.name, len(events), destination),
        )


def _packed(
    stream: LogStream, subscription: SubscriptionFilter, events: list[LogEvent], limit: int
) -> Iterator[bytes]:
    """The messages of some events, halved until each fits."""
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": stream.account_id,
        "logGroup": stream.log_group.name,
        "logStream": stream.log_stream_name,
        "subscriptionFilters": [subscription.name],
        "logEvents": [
            {"id": str(event.event_id), "timestamp": event.timestamp, "message": event.message}
            for event in events
        ],
    }
    data = gzip.compress(json.dumps(message, separators=(",", ":")).encode(), compresslevel=6)
    if len(data) <= limit or len(events) == 1:
        yield data
        return
    half = len(events) // 2
    yield from _packed(stream, subscription, events[:half], limit)
    yield from _packed(stream, subscription, events[half:], limit)


def _send(stream: LogStream, subscription: SubscriptionFilter, service: str, data: bytes) -> None:
    destination, group = subscription.destination_arn, stream.log_group.name
    place = arns.parse_arn(destination)
    if subscription.role_arn:
        factory = connect_to.with_assumed_role(
            role_arn=subscription.role_arn,
            service_principal=ServicePrincipal.logs,
            region_name=place["region"],
        )
    else:
        factory = connect_to(aws_access_key_id=place["account"], region_name=place["region"])
    source = arns.log_group_arn(group, stream.account_id, stream.region)
    about = {"source_arn": source, "service_principal": ServicePrincipal.logs}
    if service == "lambda":
        payload = json.dumps({"awslogs": {"data": base64.b64encode(data).decode()}})
        # One event may be too large for an asynchronous invocation.
        kind = "Event" if len(data) <= MAX_DATA["lambda"] else "RequestResponse"
        factory.lambda_.request_metadata(**about).invoke(
            FunctionName=destination, Payload=payload, InvocationType=kind
        )
    elif service == "kinesis":
        factory.kinesis.request_metadata(**about).put_record(
            StreamName=arns.kinesis_stream_name(destination), Data=data, PartitionKey=group
        )
    elif service == "firehose":
        factory.firehose.request_metadata(**about).put_record(
            DeliveryStreamName=arns.firehose_name(destination), Record={"Data": data}
        )
    else:
        raise ValueError(f"a subscription of {service}")
