"""API operations on records: PutRecord, PutRecords, GetShardIterator, GetRecords and the push."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from localstack import config
from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lakestack import clock
from lakestack.services.kinesis import stream_metrics
from lakestack.services.kinesis.attachment_operations import consumer_of
from lakestack.services.kinesis.iterator import ShardIterator
from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.sequence import decode_sequence, shard_id
from lakestack.services.kinesis.shard import Page, Shard
from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream import Consumer, Stream
from lakestack.services.kinesis.validation import (
    MAX_READ_RECORDS,
    check_range,
    check_record,
    check_records,
)

_SUBSCRIPTION_SECONDS = 300.0
_HEARTBEAT_SECONDS = 5.0
_POLL_SECONDS = 0.1
_TAKEOVER_SECONDS = 5.0


class RecordOperations:
    """Handlers of the data plane."""

    @handler("PutRecord", expand=False)
    def put_record(self, context: RequestContext, request: Any) -> Any:
        check_record(request, "")
        stream = _ready(STORE.named_by(context.account_id, context.region, request))
        _check_ordering(stream, request.get("SequenceNumberForOrdering"))
        if _throttled():
            stream_metrics.throttled(stream)
            raise ProvisionedThroughputExceededException(_throttle_message(stream))
        shard, sequence = stream.put(
            request["Data"], request["PartitionKey"], request.get("ExplicitHashKey")
        )
        stream_metrics.put_record(stream, len(request["Data"]))
        return {"ShardId": shard, "SequenceNumber": str(sequence), **_encryption(stream)}

    @handler("PutRecords", expand=False)
    def put_records(self, context: RequestContext, request: Any) -> Any:
        check_records(request.get("Records") or [])
        stream = _ready(STORE.named_by(context.account_id, context.region, request))
        refused = [_throttled() for _ in request["Records"]]
        taken = [r for r, no in zip(request["Records"], refused, strict=True) if not no]
        stored = iter(stream.put_all(taken))
        stream_metrics.put_records(stream, len(refused), [len(r["Data"]) for r in taken])
        results = [_refusal(stream) if no else _receipt(*next(stored)) for no in refused]
        return {"FailedRecordCount": sum(refused), "Records": results, **_encryption(stream)}

    @handler("GetShardIterator", expand=False)
    def get_shard_iterator(self, context: RequestContext, request: Any) -> Any:
        stream = STORE.named_by(context.account_id, context.region, request)
        shard = stream.shard(request["ShardId"])
        position = start_position(
            stream,
            shard,
            request["ShardIteratorType"],
            request.get("StartingSequenceNumber"),
            request.get("Timestamp"),
        )
        return {"ShardIterator": _token(stream, shard, position)}

    @handler("GetRecords", expand=False)
    def get_records(self, context: RequestContext, request: Any) -> Any:
        limit = request.get("Limit")
        if limit is not None and limit > MAX_READ_RECORDS:
            raise InvalidArgumentException(f"Limit {limit} is greater than {MAX_READ_RECORDS}")
        check_range(limit, "limit", 1, MAX_READ_RECORDS)
        iterator = ShardIterator.from_token(request["ShardIterator"], now=clock.moment())
        if request.get("StreamARN"):
            stream = STORE.by_arn(request["StreamARN"])
        else:
            stream = STORE.get(context.account_id, context.region, iterator.stream)
        if (stream.name, stream.identity) != (iterator.stream, iterator.identity):
            raise InvalidArgumentException("ShardIterator does not belong to this stream.")
        shard = stream.shard(shard_id(iterator.shard))
        page = _read(stream, shard, iterator.position, limit or MAX_READ_RECORDS)
        stream_metrics.get_records(stream, page.records)
        answer = {
            "Records": _described(stream, page.records),
            "MillisBehindLatest": page.behind_ms,
        }
        if page.at_end:
            answer["ChildShards"] = _children(stream, shard)
        else:
            answer["NextShardIterator"] = _token(stream, shard, page.position)
        return answer

    @handler("SubscribeToShard", expand=False)
    def subscribe_to_shard(self, _context: RequestContext, request: Any) -> Any:
        stream, consumer = consumer_of(request)
        shard = stream.shard(request["ShardId"])
        start = request["StartingPosition"]
        position = start_position(
            stream, shard, start["Type"], start.get("SequenceNumber"), start.get("Timestamp")
        )
        began = _begin_subscription(stream, consumer, shard)
        return {"EventStream": _push(stream, consumer, shard, position, began)}


def start_position(
    stream: Stream, shard: Shard, kind: str, sequence: str | None, timestamp: Any
) -> int:
    """Return the position from which an iterator of this type reads.

    Args:
        timestamp: datetime, for AT_TIMESTAMP

    Raises:
        InvalidArgumentException: unknown type, missing or foreign sequence number or timestamp
    """
    if kind in ("LATEST", "TRIM_HORIZON"):
        if sequence is not None:
            raise InvalidArgumentException(_either(kind, "also a"))
        return shard.tip() if kind == "LATEST" else 0
    if kind == "AT_TIMESTAMP":
        if timestamp is None:
            raise InvalidArgumentException(
                "Must specify timestamp parameter for iterator of type AT_TIMESTAMP. Current "
                "request has no timestamp parameter."
            )
        # A record's own arrival is valid also while the clock has been set back before it.
        if timestamp.timestamp() > max(stream.clock().wall, shard.last_arrival):
            raise InvalidArgumentException(
                f"The timestamp {timestamp.isoformat()} is in the future."
            )
        return shard.position_at(timestamp.timestamp())
    if kind not in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        raise InvalidArgumentException(f"Unknown ShardIteratorType {kind}")
    if sequence is None:
        raise InvalidArgumentException(_either(kind, "no"))
    try:
        number = int(sequence)
        owner = decode_sequence(number).shard if number else shard.number
    except ValueError as e:
        raise InvalidArgumentException(
            f"StartingSequenceNumber {sequence} used in GetShardIterator on shard {shard.id} in "
            f"stream {stream.name} under account {stream.account} is invalid."
        ) from e
    if owner != shard.number:
        raise InvalidArgumentException(
            f"Invalid StartingSequenceNumber. It encodes {shard_id(owner)}, while it was used in "
            f"a call to a shard with {shard.id}"
        )
    return number - 1 if kind == "AT_SEQUENCE_NUMBER" else number


def _either(kind: str, given: str) -> str:
    return (
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        f"Request specified {kind} and {given} StartingSequenceNumber."
    )


def _begin_subscription(stream: Stream, consumer: Consumer, shard: Shard) -> float:
    """Note a call of SubscribeToShard; return when it began, by the steady clock.

    API "SubscribeToShard": within five seconds of a successful call another is refused, later it
    takes over, and the earlier connection ends.

    Raises:
        ResourceInUseException: the consumer is not active, or was subscribed just now
    """
    now = stream.clock()
    if consumer.status(now) != "ACTIVE":
        raise ResourceInUseException(
            f"Consumer {consumer.name} with creation timestamp {int(consumer.created)} under "
            f"stream: {stream.name} , account {stream.account} is not in ACTIVE status."
        )
    with consumer.lock:
        latest = consumer.subscriptions.get(shard.id)
        if latest is not None and now.steady - latest < _TAKEOVER_SECONDS:
            raise ResourceInUseException(
                "Another active subscription exists for this consumer: "
                f"{stream.account}:{stream.name}:{shard.id}:{consumer.name}"
            )
        consumer.subscriptions[shard.id] = now.steady
    return now.steady


def _push(
    stream: Stream, consumer: Consumer, shard: Shard, position: int, began: float
) -> Iterator[Any]:
    """Yield SubscribeToShard events for five minutes, one every five seconds at least."""
    end = clock.steady() + _SUBSCRIPTION_SECONDS
    next_heartbeat = 0.0
    while clock.steady() < end:
        if consumer.subscriptions.get(shard.id) != began:
            return  # a later call has taken over
        if stream.consumers.get(consumer.name) is not consumer:
            return
        page = _read(stream, shard, position, MAX_READ_RECORDS)
        if page.records or page.at_end or clock.steady() >= next_heartbeat:
            next_heartbeat = clock.steady() + _HEARTBEAT_SECONDS
            position = page.position
            event: dict[str, Any] = {
                "Records": _described(stream, page.records),
                "MillisBehindLatest": page.behind_ms,
            }
            # Consumers (the KCL, Flink) take an event without a number for the end of the shard.
            if page.at_end:
                event["ChildShards"] = _children(stream, shard)
            else:
                event["ContinuationSequenceNumber"] = str(position or shard.first_sequence)
            yield {"SubscribeToShardEvent": event}
        if page.at_end:
            return
        if not page.behind_ms and stream.deleted.wait(_POLL_SECONDS):
            return


def _read(stream: Stream, shard: Shard, position: int, limit: int) -> Page:
    return shard.read(position, now=stream.clock(), retention=stream.retention, limit=limit)


def _ready(stream: Stream) -> Stream:
    if stream.status not in ("ACTIVE", "UPDATING"):
        raise ResourceNotFoundException(
            f"Stream {stream.name} under account {stream.account} not found."
        )
    return stream


def _check_ordering(stream: Stream, number: str | None) -> None:
    """Check PutRecord's SequenceNumberForOrdering; ours grow strictly without it."""
    if number is None:
        return
    try:
        # Zero, from which a first record is put, is no record's.
        known = not int(number) or decode_sequence(int(number)).second <= stream.clock().wall
    except ValueError:
        known = False
    if not known:
        raise InvalidArgumentException(
            f"ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream {stream.name} "
            f"under account {stream.account} is invalid."
        )


def _throttled() -> bool:
    # LocalStack's switch for trying out producers; each record fails or succeeds for itself.
    chance = config.KINESIS_ERROR_PROBABILITY
    return bool(chance) and random.random() < chance  # noqa: S311 - not for secrets


def _refusal(stream: Stream) -> dict[str, str]:
    code = "ProvisionedThroughputExceededException"
    return {"ErrorCode": code, "ErrorMessage": _throttle_message(stream)}


def _receipt(shard: str, sequence: int) -> dict[str, str]:
    return {"ShardId": shard, "SequenceNumber": str(sequence)}


def _throttle_message(stream: Stream) -> str:
    return (
        f"Rate exceeded for shard {shard_id(0)} in stream {stream.name} "
        f"under account {stream.account}."
    )


def _token(stream: Stream, shard: Shard, position: int) -> str:
    issued = clock.steady()
    return ShardIterator(stream.name, stream.identity, shard.number, position, issued).token()


def _encryption(stream: Stream) -> dict[str, str]:
    return {"EncryptionType": "KMS"} if stream.encryption_key else {}


def _described(stream: Stream, records: list[Record]) -> list[dict[str, Any]]:
    encryption, moment = _encryption(stream), datetime.fromtimestamp
    return [
        {
            "SequenceNumber": str(record.sequence),
            # A datetime, not a number: CBOR clients (the Java SDK) need it tagged as a time.
            "ApproximateArrivalTimestamp": moment(record.arrival, UTC),
            "Data": record.data,
            "PartitionKey": record.partition_key,
            **encryption,
        }
        for record in records
    ]


def _children(stream: Stream, shard: Shard) -> list[dict[str, Any]]:
    return [
        {
            "ShardId": child.id,
            "ParentShards": [parent.id for parent in child.parents],
            "HashKeyRange": {
                "StartingHashKey": str(child.first_key),
                "EndingHashKey": str(child.last_key),
            },
        }
        for child in stream.children(shard)
    ]
