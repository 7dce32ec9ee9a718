"""API operations on streams: their life, description, configuration and tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
)

from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream import (
    DEFAULT_RETENTION_HOURS,
    MAX_RETENTION_HOURS,
    ON_DEMAND_SHARDS,
    Stream,
)
from lakestack.services.kinesis.validation import check_name, check_range, check_tags, constraint

MODES = ("PROVISIONED", "ON_DEMAND")
SHARD_LIMIT = 10_000
ON_DEMAND_LIMIT = 50
METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)


class StreamOperations:
    """Handlers of a stream as a whole."""

    @handler("CreateStream", expand=False)
    def create_stream(self, context: RequestContext, request: Any) -> None:
        name = request["StreamName"]
        check_name(name, "streamName")
        details, count = request.get("StreamModeDetails"), request.get("ShardCount")
        # API "CreateStream": without both, the stream is on demand.
        mode = _mode(details or {"StreamMode": "PROVISIONED" if count else "ON_DEMAND"})
        check_range(count, "shardCount", 1)
        if count is None and mode == "PROVISIONED":
            raise InvalidArgumentException(
                f"ShardCount must be specified for stream {name} when StreamMode=PROVISIONED"
            )
        if count is not None and mode == "ON_DEMAND":
            raise InvalidArgumentException("ShardCount is not expected when StreamMode=ON_DEMAND")
        self.require_room(context, mode, count or 0)
        count = count or ON_DEMAND_SHARDS
        tags = dict(request.get("Tags") or {})
        check_tags(tags)
        stream = Stream(context.account_id, context.region, name, shard_count=count, mode=mode)
        stream.tags = tags
        STORE.add(stream)

    @staticmethod
    def require_room(context: RequestContext, mode: str, shards: int) -> None:
        """Check the account's quotas before streams or shards are added.

        Developer Guide, "Quotas and limits". The number of shards is that of a large region, half
        of what the largest have.

        Raises:
            LimitExceededException: there would be too many
        """
        streams = STORE.streams(context.account_id, context.region)
        if mode == "ON_DEMAND":
            if sum(s.mode == mode for s in streams) >= ON_DEMAND_LIMIT:
                raise LimitExceededException(
                    f"This request would exceed the on-demand stream count limit {ON_DEMAND_LIMIT} "
                    f"for the account {context.account_id} in {context.region}."
                )
            return
        current = sum(len(s.open_shards()) for s in streams if s.mode != "ON_DEMAND")
        if current + shards > SHARD_LIMIT:
            raise LimitExceededException(
                "This request would exceed the shard limit for the account "
                f"{context.account_id} in {context.region}. Current shard count for the account: "
                f"{current}. Limit: {SHARD_LIMIT}. Number of additional shards that would have "
                f"resulted from this request: {shards}. Refer to the AWS Service Limits page "
                "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "
                "for current limits and how to request higher limits."
            )

    @handler("DeleteStream", expand=False)
    def delete_stream(self, context: RequestContext, request: Any) -> None:
        stream = _stream(context, request)
        if stream.status == "DELETING":
            return
        if stream.consumers and not request.get("EnforceConsumerDeletion"):
            raise ResourceInUseException(
                f"Stream {stream.name} under account {stream.account} has registered consumers: "
                "deregister them or set EnforceConsumerDeletion"
            )
        stream.begin_deletion()

    @handler("ListStreams", expand=False)
    def list_streams(self, context: RequestContext, request: Any) -> Any:
        check_range(request.get("Limit"), "limit", 1, 10_000)
        after = request.get("ExclusiveStartStreamName") or request.get("NextToken") or ""
        streams = [s for s in STORE.streams(context.account_id, context.region) if s.name > after]
        page = streams[: request.get("Limit") or 100]
        answer: dict[str, Any] = {
            "StreamNames": [stream.name for stream in page],
            "StreamSummaries": [_identity(stream) for stream in page],
            "HasMoreStreams": len(page) < len(streams),
        }
        if answer["HasMoreStreams"]:
            answer["NextToken"] = page[-1].name
        return answer

    @handler("DescribeStreamSummary", expand=False)
    def describe_stream_summary(self, context: RequestContext, request: Any) -> Any:
        stream = _stream(context, request)
        counts = {
            "OpenShardCount": 0 if stream.status == "CREATING" else len(stream.open_shards()),
            "ConsumerCount": len(stream.consumers),
        }
        return {"StreamDescriptionSummary": {**describe(stream), **counts}}

    @handler("DescribeLimits", expand=False)
    def describe_limits(self, context: RequestContext, _request: Any) -> Any:
        streams = STORE.streams(context.account_id, context.region)
        return {
            "ShardLimit": SHARD_LIMIT,
            "OpenShardCount": sum(len(s.open_shards()) for s in streams if s.mode == MODES[0]),
            "OnDemandStreamCount": sum(s.mode == "ON_DEMAND" for s in streams),
            "OnDemandStreamCountLimit": ON_DEMAND_LIMIT,
        }

    @handler("UpdateStreamMode", expand=False)
    def update_stream_mode(self, _context: RequestContext, request: Any) -> None:
        stream = STORE.by_arn(request["StreamARN"])
        stream.require_active()
        stream.mode = _mode(request["StreamModeDetails"])
        stream.change()

    @handler("IncreaseStreamRetentionPeriod", expand=False)
    def increase_stream_retention_period(self, context: RequestContext, request: Any) -> None:
        stream, hours = _stream(context, request), request["RetentionPeriodHours"]
        _check_retention(hours)
        if hours < stream.retention_hours:
            raise InvalidArgumentException(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
                f"shorter than existing retention period ({stream.retention_hours} hours). "
                "Use DecreaseRetentionPeriod API."
            )
        _set_retention(stream, hours)

    @handler("DecreaseStreamRetentionPeriod", expand=False)
    def decrease_stream_retention_period(self, context: RequestContext, request: Any) -> None:
        stream, hours = _stream(context, request), request["RetentionPeriodHours"]
        _check_retention(hours)
        if hours > stream.retention_hours:
            raise InvalidArgumentException(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
                f"longer than existing retention period ({stream.retention_hours} hours). "
                "Use IncreaseRetentionPeriod API."
            )
        _set_retention(stream, hours)

    @handler("StartStreamEncryption", expand=False)
    def start_stream_encryption(self, context: RequestContext, request: Any) -> None:
        stream = _stream(context, request)
        _check_encryption(request)
        stream.require_active()
        stream.encryption_key = request["KeyId"]
        stream.change()

    @handler("StopStreamEncryption", expand=False)
    def stop_stream_encryption(self, context: RequestContext, request: Any) -> None:
        stream = _stream(context, request)
        _check_encryption(request)
        stream.require_active()
        stream.encryption_key = None
        stream.change()

    @handler("EnableEnhancedMonitoring", expand=False)
    def enable_enhanced_monitoring(self, context: RequestContext, request: Any) -> Any:
        stream = _stream(context, request)
        return _set_metrics(stream, stream.metrics | _metrics(request))

    @handler("DisableEnhancedMonitoring", expand=False)
    def disable_enhanced_monitoring(self, context: RequestContext, request: Any) -> Any:
        stream = _stream(context, request)
        return _set_metrics(stream, stream.metrics - _metrics(request))


def describe(stream: Stream) -> dict[str, Any]:
    """Return what DescribeStream and DescribeStreamSummary have in common."""
    return {
        **_identity(stream),
        "RetentionPeriodHours": stream.retention_hours,
        "EnhancedMonitoring": [{"ShardLevelMetrics": sorted(stream.metrics)}],
        "EncryptionType": "KMS" if stream.encryption_key else "NONE",
        **({"KeyId": stream.encryption_key} if stream.encryption_key else {}),
    }


def _identity(stream: Stream) -> dict[str, Any]:
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "StreamCreationTimestamp": datetime.fromtimestamp(stream.created.wall, UTC),
    }


def _stream(context: RequestContext, request: Any) -> Stream:
    return STORE.named_by(context.account_id, context.region, request)


def _mode(details: Any) -> str:
    mode = str((details or {}).get("StreamMode") or "PROVISIONED")
    if mode not in MODES:
        rule = f"Member must satisfy enum value set: [{', '.join(MODES)}]"
        raise constraint(mode, "streamModeDetails.streamMode", rule)
    return mode


def _check_retention(hours: int) -> None:
    asked = f"Requested retention period ({hours} hours) is too"
    if hours < DEFAULT_RETENTION_HOURS:
        least = f"Minimum allowed retention period is {DEFAULT_RETENTION_HOURS} hours."
        raise InvalidArgumentException(f"{least} {asked} short.")
    if hours > MAX_RETENTION_HOURS:
        most = f"Maximum allowed retention period is {MAX_RETENTION_HOURS} hours."
        raise InvalidArgumentException(f"{most} {asked} long.")


def _set_retention(stream: Stream, hours: int) -> None:
    stream.require_active()
    stream.retention_hours = hours
    stream.change()


def _check_encryption(request: Any) -> None:
    if request["EncryptionType"] != "KMS":
        raise InvalidArgumentException(f"EncryptionType {request['EncryptionType']}: must be KMS")


def _metrics(request: Any) -> set[str]:
    metrics = set(request["ShardLevelMetrics"])
    if "ALL" in metrics:
        return set(METRICS)
    if unknown := metrics - set(METRICS):
        raise InvalidArgumentException(f"Unknown ShardLevelMetrics: {', '.join(sorted(unknown))}")
    return metrics


def _set_metrics(stream: Stream, metrics: set[str]) -> dict[str, Any]:
    before, stream.metrics = stream.metrics, metrics
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": sorted(before),
        "DesiredShardLevelMetrics": sorted(metrics),
    }
