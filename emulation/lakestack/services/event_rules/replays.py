"""Replays of archives.

Amazon EventBridge User Guide, "Replaying archived events in Amazon EventBridge", and API Reference,
"StartReplay": events of the time, by the minute, in the order of their time, to the rules that the
destination names, or to all of the bus. LocalStack 4.9.2 takes the times of events, which are text,
for those of requests and fails, the replay stays STARTING, and FilterArns are not used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lakestack import clock
from lakestack.services.event_rules.event import Document

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def within(events: list[Document], begin: datetime, end: datetime) -> list[Document]:
    """The events of a time, in its order, with their time as LocalStack's PutEvents takes it.

    Args:
        begin: its minute is the first
        end: its minute is the last
    """
    first, last = _minute(begin), _minute(end)
    timed = [{**event, "time": _time_of(event)} for event in events]
    found = [event for event in timed if first <= _minute(event["time"]) <= last]
    return sorted(found, key=lambda event: event["time"])


def wants(replay: Any, rule: str) -> bool:
    """Whether a replay, None where it is gone, sends to a rule.

    Args:
        replay: LocalStack's
        rule: its ARN
    """
    chosen = (replay.destination.get("FilterArns") or []) if replay is not None else []
    return not chosen or rule in chosen


def start(begin: Callable[[], Any], replays: dict[str, Any], name: str) -> Any:
    """Start a replay; it is FAILED where that fails, and the reason is told.

    Args:
        begin: LocalStack's StartReplay
        replays: of the account and region, by name

    Raises:
        Exception: the request is refused, or the replay has failed
    """
    before = replays.get(name)
    try:
        return begin()
    except Exception as e:
        made = replays.get(name)
        if made is not None and made is not before:
            made.state, made.state_reason = "FAILED", str(e)
            made.replay_end_time = clock.utc()
        raise


def _time_of(event: Document) -> datetime:
    return datetime.strptime(event["time"], _FORMAT).replace(tzinfo=UTC)


def _minute(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.replace(second=0, microsecond=0)
