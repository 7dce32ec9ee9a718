"""The way of a state change to the default event bus of its account and region.

Events go through one queue and one thread, so in the order of the changes, and no service waits
for the targets of a rule. Where an account has no rule that waits for events, none is made: a lake
that nobody listens to costs nothing.
"""

from __future__ import annotations

import json
import logging
import queue
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakestack import changes, clock
from lakestack.services.base import client
from lakestack.services.state_events.types import EventType

LOG = logging.getLogger(__name__)
MODELS = "localstack.services.events.models"


@dataclass(frozen=True)
class Event:
    """A change, as PutEvents takes it.

    Attributes:
        detail: JSON, as it was at the change
        time: of the change, not of its delivery
    """

    account: str
    region: str
    kind: EventType
    detail: str
    resources: tuple[str, ...]
    time: datetime

    def entry(self) -> dict[str, Any]:
        """The entry of PutEvents."""
        return {
            "Source": self.kind.source,
            "DetailType": self.kind.detail_type,
            "Detail": self.detail,
            "Resources": list(self.resources),
            "Time": self.time,
        }


def publish(
    kind: EventType,
    account: str,
    region: str,
    detail: dict[str, Any],
    resources: Sequence[str] = (),
) -> None:
    """Put a change on the default bus, soon; never raises and never waits.

    Args:
        detail: JSON data; a time becomes Unix milliseconds, as SageMaker's events have it
        resources: ARNs of what has changed
    """
    if missing := [name for name in kind.members if name not in detail]:
        LOG.error("%s: an event without %s", kind.detail_type, ", ".join(missing))
    if _has_listeners(account, region):
        text = json.dumps(detail, default=_milliseconds)
        _SENDER.put(Event(account, region, kind, text, tuple(resources), clock.utc()))


def settled(timeout: float) -> bool:
    """Wait until all that was published is with its targets; whether that came within so long."""
    return _SENDER.settled(timeout)


class Sender:
    """The queue and its thread, which is started by the first event."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._pending = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self.failed = 0

    def put(self, event: Event) -> None:
        """Send an event after all that came before."""
        with self._changed:
            self._pending += 1
            self._queue.put(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="state-events", daemon=True)
                self._thread.start()

    def settled(self, timeout: float) -> bool:
        """Wait for the queue to be empty and its last event sent."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending, timeout)

    def _run(self) -> None:
        while True:
            event = self._queue.get()
            try:
                self._send(event)
            except Exception:
                self.failed += 1
                LOG.exception("event not delivered: %s", event)
            finally:
                with self._changed:
                    self._pending -= 1
                    self._changed.notify_all()

    def _send(self, event: Event) -> None:
        events = client(event.account, event.region, "events")
        answer = events.put_events(Entries=[event.entry()])
        if answer.get("FailedEntryCount"):
            self.failed += 1
            LOG.error("event not delivered: %s: %s", answer["Entries"], event)
        changes.note()


_SENDER = Sender()


def _has_listeners(account: str, region: str) -> bool:
    """Whether a rule of the default bus, or an archive, which is one, waits for events."""
    models = sys.modules.get(MODELS)  # nobody has asked for the service: there is no rule
    if models is None:
        return False
    # By `get`: to look for listeners makes no store.
    store = (models.events_stores.get(account) or {}).get(region)
    bus = store.event_buses.get("default") if store else None
    return bus is not None and any(rule.event_pattern for rule in list(bus.rules.values()))


def _milliseconds(value: Any) -> float:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    raise TypeError(f"{value!r} is no JSON")
