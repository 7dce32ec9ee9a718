"""Tumbling windows: a state that a function hands on from batch to batch, for a time.

AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams",
"Configuring tumbling windows": windows of one shard follow each other without a gap, by the time
that records arrived; after the last batch of a window, the function is invoked with its state and
no records. A state above 1 MB ends its window early. An answer without a state is a failure.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

MAX_STATE_BYTES = 1_000_000


def opened(arrival: float, seconds: float) -> dict[str, Any]:
    """The window that a record is in, as plain data.

    Args:
        arrival: Unix seconds
        seconds: of a window
    """
    return {"start": arrival // seconds * seconds, "state": {}}


def covers(window: dict[str, Any], arrival: float, seconds: float) -> bool:
    """Whether a record belongs to a window or comes before it."""
    return left(window, arrival, seconds) > 0


def left(window: dict[str, Any], now: float, seconds: float) -> float:
    """Seconds until a window is over, by the clock that stamps records.

    Args:
        now: Unix seconds
    """
    return float(window["start"]) + seconds - now


def payload(
    window: dict[str, Any], seconds: float, shard: str, *, final: bool, early: bool
) -> dict[str, Any]:
    """What the function gets beside its records.

    Args:
        final: the window has ended
        early: before its time, as its state is too large
    """
    start = float(window["start"])
    return {
        "window": {"start": _time(start), "end": _time(start + seconds)},
        "state": window["state"],
        "shardId": shard,
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": early,
    }


def state_of(answer: Any) -> dict[str, Any] | None:
    """The state that a function has returned; None if it has not."""
    state = answer.get("state") if isinstance(answer, dict) else None
    return state if isinstance(state, dict) else None


def is_too_large(window: dict[str, Any]) -> bool:
    """Whether a window's state ends it early."""
    return len(json.dumps(window["state"]).encode()) > MAX_STATE_BYTES


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
