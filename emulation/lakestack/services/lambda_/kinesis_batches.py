"""Records of a shard, made into the batches and events that Lambda sends to a function.

AWS Lambda Developer Guide, "Process Amazon Kinesis Data Streams records with Lambda".
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from typing import Any

from lakestack.services.kinesis.record_log import Record

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""AWS Lambda Developer Guide, "Lambda quotas": a batch never exceeds the invocation payload."""

EVENT_OVERHEAD = 700
"""Bytes of one record's event around its data: names, ARNs, numbers (about 600 are usual)."""

Event = dict[str, Any]


def event_size(record: Record) -> int:
    """Return about how many bytes the record takes within the payload; never too few."""
    return len(record.data) * 4 // 3 + 4 + len(record.partition_key.encode()) * 6 + EVENT_OVERHEAD


def fitting(records: Sequence[Record], limit: int = MAX_PAYLOAD_BYTES) -> int:
    """Return how many of the first records fit into one payload; at least one."""
    size = 0
    for count, record in enumerate(records):
        size += event_size(record)
        if size > limit and count:
            return count
    return len(records)


def in_lanes(records: Sequence[Record], lanes: int) -> list[list[Record]]:
    """Spread records over at most `lanes` lists, never empty ones; equal keys stay in order."""
    found: list[list[Record]] = [[] for _ in range(lanes)]
    for record in records:
        found[zlib.crc32(record.partition_key.encode()) % lanes].append(record)
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
    return int(event["kinesis"]["sequenceNumber"])


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
    index = {event["kinesis"]["sequenceNumber"]: i for i, event in enumerate(events)}
    if not isinstance(items, list):
        return None
    found: list[int] = []
    for item in items:
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        if identifier not in index:  # AWS: an unknown or empty identifier fails the whole batch
            return None
        found.append(index[identifier])
    return min(found)
