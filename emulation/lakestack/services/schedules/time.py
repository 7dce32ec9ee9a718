"""The time that schedules go by: the wall clock, and what a test has advanced it by.

Only what starts or expires by the clock sees it. The times that services show, and durations, do
not change: a job's bookmark would otherwise take the objects that are written after an advance for
old ones.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from lakestack import clock
from lakestack.errors import StateError

MOST_SECONDS = 10 * 366 * 86400
"""How far it can be advanced in all: ten years (our choice)."""


LOG = logging.getLogger(__name__)


class Jumps:
    """The spans of the time of schedules that it has jumped over, in order.

    Attributes:
        returns: how often it was set back: what is due next must be found again then
    """

    def __init__(self) -> None:
        self.returns = 0
        self._spans: tuple[tuple[datetime, datetime], ...] = ()

    def add(self, begin: datetime, end: datetime) -> None:
        """It jumps from one moment to another."""
        self._spans = (*self._spans, (begin, end))

    def forget(self) -> None:
        """It is set back."""
        self._spans = ()
        self.returns += 1

    def over(self, moment: datetime) -> bool:
        """Whether a moment was jumped over."""
        return any(begin < moment <= end for begin, end in self._spans)

    def next_begin(self, moment: datetime) -> datetime | None:
        """When the next jump after a moment began; None when there is none."""
        return next((begin for begin, _ in self._spans if begin >= moment), None)


class ScheduleTime:
    """The wall clock, ahead by so much. All methods are safe to call from several threads.

    Attributes:
        jumps: what a test has let it jump over since it was set back last
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = timedelta(0)
        self._waiting: list[threading.Event] = []
        self._looks: list[Callable[[], object]] = []
        self._advances: list[tuple[datetime, timedelta]] = []
        self._left_out: dict[str, str] = {}
        self.jumps = Jumps()

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
            advances = list(self._advances)
        ahead = timedelta(0)
        for at, then in advances:
            if at <= noted:
                ahead = then
        return self.now() - (moment + ahead)

    def wakes(self, event: threading.Event) -> None:
        """Set an event whenever the time jumps."""
        with self._lock:
            self._waiting.append(event)

    def looks(self, look: Callable[[], object]) -> None:
        """Call something before the time jumps forward, and after.

        Before, so that what was made just now is known with its first time.
        """
        with self._lock:
            self._looks.append(look)

    def left_out(self, schedule: str, last: datetime) -> None:
        """Say that a schedule has more times in a jump than start something.

        Args:
            schedule: its ARN, or its kind and name
            last: the last time that started something
        """
        LOG.warning("%s: no time after %s starts anything, for they are too many", schedule, last)
        with self._lock:
            self._left_out[schedule] = _text(last)

    def advance(self, seconds: float) -> None:
        """Let the time jump forward.

        Raises:
            StateError: backward, or too far
        """
        self._look()
        with self._lock:
            ahead = self._ahead.total_seconds() + seconds
            if not (seconds >= 0 and ahead <= MOST_SECONDS):
                raise StateError(
                    f"The clock cannot be advanced by {seconds} s",
                    f"valid: 0 to {MOST_SECONDS} seconds in all; DELETE sets it back",
                )
            wall, before = clock.utc(), self._ahead
            self._ahead = timedelta(seconds=ahead)
            self._advances.append((wall, self._ahead))
            self.jumps.add(wall + before, wall + self._ahead)
        self._look()
        self._tell()

    def back(self) -> None:
        """The wall clock again."""
        with self._lock:
            if self._ahead:
                self._advances.append((clock.utc(), timedelta(0)))
            self._ahead = timedelta(0)
            self._left_out = {}
            self.jumps.forget()
        self._tell()

    def as_dict(self) -> dict[str, Any]:
        """What the emulator's own API shows."""
        with self._lock:
            ahead, left_out = self._ahead.total_seconds(), dict(self._left_out)
        more = {"started_only_until": left_out} if left_out else {}
        return {"now": _text(self.now()), "ahead_seconds": ahead, **more}

    def _look(self) -> None:
        with self._lock:
            looks = list(self._looks)
        for look in looks:
            look()

    def _tell(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for event in waiting:
            event.set()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


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
