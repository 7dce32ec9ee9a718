"""Records of a shard, made into the batches and events that Lambda sends to a function.

AWS Lambda Developer Guide, "Process Amazon Kinesis Data Streams records with Lambda"; of
DynamoDB's streams, `dynamodb_events`.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream import Stream

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""AWS Lambda Developer Guide, "Lambda quotas": a batch never exceeds the invocation payload."""

EVENT_OVERHEAD = 700
"""Bytes of one record's event around its data: names, ARNs, numbers (about 600 are usual)."""

Event = dict[str, Any]


class EventSource(Protocol):
    """A stream whose records are sent to a function."""

    def stream(self) -> Stream:
        """The stream of Kinesis that has the records."""
        ...

    def shard_name(self, shard_id: str) -> str:
        """A shard's id, as the source's own API shows it."""
        ...

    def event(self, record: Record, shard_id: str) -> Event:
        """A record as the function sees it, before the source's metadata is added."""
        ...

    def size(self, record: Record) -> int:
        """About how many bytes the record takes within the payload; never too few."""
        ...

    def lane_key(self, record: Record) -> str:
        """What records that must stay in order share."""
        ...


class KinesisEvents:
    """A stream of Kinesis.

    Args:
        arn: the stream's
    """

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def stream(self) -> Stream:
        return STORE.by_arn(self._arn)

    def shard_name(self, shard_id: str) -> str:
        return shard_id

    def event(self, record: Record, shard_id: str) -> Event:
        return event_of(record, shard_id)

    def size(self, record: Record) -> int:
        return event_size(record)

    def lane_key(self, record: Record) -> str:
        return record.partition_key


def event_size(record: Record) -> int:
    """Return about how many bytes the record takes within the payload; never too few."""
    return len(record.data) * 4 // 3 + 4 + len(record.partition_key.encode()) * 6 + EVENT_OVERHEAD


def fitting(
    records: Sequence[Record],
    limit: int = MAX_PAYLOAD_BYTES,
    size_of: Callable[[Record], int] = event_size,
) -> int:
    """Return how many of the first records fit into one payload; at least one."""
    size = 0
    for count, record in enumerate(records):
        size += size_of(record)
        if size > limit and count:
            return count
    return len(records)


def in_lanes(
    records: Sequence[Record], lanes: int, key: Callable[[Record], str]
) -> list[list[Record]]:
    """Spread records over at most `lanes` lists, never empty ones; equal keys stay in order."""
    if lanes == 1:
        return [list(records)] if records else []
    found: list[list[Record]] = [[] for _ in range(lanes)]
    for record in records:
        found[zlib.crc32(key(record).encode()) % lanes].append(record)
    return [lane for lane in found if lane]


def event_of(record: Record, shard_id: str) -> Event:
    """Return a record as the function sees it, before the source's metadata is added."""
    sequence = str(record.sequence)
    return {
        "eventID": f"{shard_id}:{sequence}",
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": sequence,
            "data": base64.b64encode(record.data).decode(),
            "approximateArrivalTimestamp": round(record.arrival, 3),
        },
    }


def sequence_of(event: Event) -> int:
    """Return an event's sequence number."""
    return int(_sequence_text(event))


def _sequence_text(event: Event) -> str:
    if "dynamodb" in event:
        return str(event["dynamodb"]["SequenceNumber"])
    return str(event.get("kinesis", event)["sequenceNumber"])  # Pipes has no nesting


def first_failed(events: Sequence[Event], failures: Any) -> int | None:
    """Return the index of the first record that a function reported in batchItemFailures.

    Args:
        failures: the function's answer

    Returns:
        None if the answer makes the whole batch a failure; ``len(events)`` if none failed
    """
    if not isinstance(failures, dict):
        return len(events)
    items = failures.get("batchItemFailures")
    if not items:
        return len(events)
    index = {_sequence_text(event): i for i, event in enumerate(events)}
    if not isinstance(items, list):
        return None
    found: list[int] = []
    for item in items:
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        if identifier not in index:  # AWS: an unknown or empty identifier fails the whole batch
            return None
        found.append(index[identifier])
    return min(found)
