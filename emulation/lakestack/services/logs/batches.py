"""What one PutLogEvents takes: its limits, and text cut into events and batches that keep them.

Amazon CloudWatch Logs API Reference, "PutLogEvents": 10,000 events or 1,048,576 bytes a batch, each
event counted as its bytes of UTF-8 plus 26. An event may have 1 MB; here it has 256,000 bytes, the
limit until 2024, which every reader of logs copes with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

MAX_EVENTS = 10_000
MAX_BYTES = 1_048_576
EVENT_OVERHEAD = 26
MAX_MESSAGE_BYTES = 256_000
OLDEST_MS = 14 * 24 * 3_600_000
NEWEST_MS = 2 * 3_600_000
"""API Reference, "PutLogEvents": how far from now an event may be."""


class LogEvent(TypedDict):
    """PutLogEvents' InputLogEvent; `timestamp` in milliseconds since 1970."""

    timestamp: int
    message: str


def accepted(events: Sequence[Any], now: int) -> tuple[list[Any], dict[str, int]]:
    """The events of a request that are kept, and where the others begin and end.

    Args:
        events: in the order of time
        now: milliseconds since 1970

    Returns:
        the events, and the API's RejectedLogEventsInfo: the first event that is too new, and the
        place after the last one that is too old ("This field is exclusive")
    """
    first = sum(event["timestamp"] < now - OLDEST_MS for event in events)
    end = sum(event["timestamp"] <= now + NEWEST_MS for event in events)
    rejected = {}
    if first:
        rejected["tooOldLogEventEndIndex"] = first
    if end < len(events):
        rejected["tooNewLogEventStartIndex"] = end
    return list(events[first:end]), rejected


def batches(events: Iterable[LogEvent]) -> list[list[LogEvent]]:
    """Split events into what one request takes; their order stays."""
    found: list[list[LogEvent]] = []
    room = 0
    for event in events:
        size = len(event["message"].encode()) + EVENT_OVERHEAD
        if not found or size > room or len(found[-1]) == MAX_EVENTS:
            found.append([])
            room = MAX_BYTES
        found[-1].append(event)
        room -= size
    return found


def pieces(raw: bytes) -> list[bytes]:
    """Cut a line into parts that an event takes, between characters; nothing is left out."""
    found, start = [], 0
    while len(raw) - start > MAX_MESSAGE_BYTES:
        end = start + MAX_MESSAGE_BYTES
        # A character of UTF-8 has at most three bytes after its first, each 10xxxxxx.
        back = next((n for n in range(4) if raw[end - n] & 0xC0 != 0x80), 0)
        found.append(raw[start : end - back])
        start = end - back
    return [*found, raw[start:]] if start < len(raw) else found


def messages(text: str) -> list[str]:
    """Split text into lines, and lines over the limit into parts.

    Empty lines are left out: CloudWatch Logs refuses empty messages.
    """
    return [
        part.decode(errors="replace")
        for line in text.splitlines()
        for part in pieces(line.encode(errors="replace"))
    ]
