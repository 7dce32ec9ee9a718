"""The time that schedules go by: the wall clock, and what a test has advanced it by.

Only what starts or expires by the clock sees it. The times that services show, and durations, do
not change: a job's bookmark would otherwise take the objects that are written after an advance for
old ones.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lakestack import clock
from lakestack.errors import StateError

MOST_SECONDS = 10 * 366 * 86400
"""How far it can be advanced in all: ten years (our choice)."""


class ScheduleTime:
    """The wall clock, ahead by so much. All methods are safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = timedelta(0)
        self._waiting: list[threading.Event] = []
        self._jumps: list[tuple[datetime, timedelta]] = []

    def now(self) -> datetime:
        """The present, in UTC."""
        return clock.utc() + self._ahead

    def age(self, moment: datetime, noted: datetime) -> timedelta:
        """How old something is that has a time of the wall clock.

        What was written after an advance is as young as it would be without one.

        Args:
            moment: its time
            noted: when it was written, which says how far ahead this time was
        """
        with self._lock:
            jumps = list(self._jumps)
        ahead = timedelta(0)
        for at, then in jumps:
            if at <= noted:
                ahead = then
        return self.now() - (moment + ahead)

    def wakes(self, event: threading.Event) -> None:
        """Set an event whenever the time jumps."""
        with self._lock:
            self._waiting.append(event)

    def advance(self, seconds: float) -> None:
        """Let the time jump forward.

        Raises:
            StateError: backward, or too far
        """
        with self._lock:
            ahead = self._ahead.total_seconds() + seconds
            if not (seconds >= 0 and ahead <= MOST_SECONDS):
                raise StateError(
                    f"The clock cannot be advanced by {seconds} s",
                    f"valid: 0 to {MOST_SECONDS} seconds in all; DELETE sets it back",
                )
            self._ahead = timedelta(seconds=ahead)
            self._jumps.append((clock.utc(), self._ahead))
        self._tell()

    def back(self) -> None:
        """The wall clock again."""
        with self._lock:
            if self._ahead:
                self._jumps.append((clock.utc(), timedelta(0)))
            self._ahead = timedelta(0)
        self._tell()

    def as_dict(self) -> dict[str, Any]:
        """What the emulator's own API shows."""
        now, ahead = self.now(), self._ahead.total_seconds()
        return {"now": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "ahead_seconds": ahead}

    def _tell(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for event in waiting:
            event.set()


TIME = ScheduleTime()


def asked(document: Mapping[str, Any]) -> float:
    """The seconds of a request to advance.

    Raises:
        StateError: it is not ``{"seconds": 3600}``
    """
    seconds = document.get("seconds")
    if set(document) != {"seconds"} or not isinstance(seconds, int | float):
        raise StateError(f"{dict(document)} says no time", 'valid: {"seconds": 3600}')
    return seconds
