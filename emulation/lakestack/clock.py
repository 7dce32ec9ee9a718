"""The two clocks of the emulator.

The wall clock says when something happened, to people and to clients; NTP, a suspended laptop or
the user can set it forward and back. How long something takes, is old or may last is measured by
the steady clock, which nobody sets. A comparison or difference of wall times is a fault: a test
looks for them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NamedTuple


class Moment(NamedTuple):
    """One instant on both clocks.

    Args:
        wall: Unix seconds, to be shown
        steady: seconds of the steady clock, to be compared with other moments of this process
    """

    wall: float
    steady: float


def wall() -> float:
    """Unix seconds now, for a client or a log to show."""
    return time.time()


def wall_ms() -> int:
    """Unix milliseconds now, as log events have them."""
    return int(time.time() * 1000)


def utc() -> datetime:
    """The date and time now, for a client or a log to show."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds of the clock that only goes forward, for durations and deadlines."""
    return time.monotonic()


def moment() -> Moment:
    """Now, on both clocks."""
    return Moment(time.time(), time.monotonic())


def then(wall: float, now: Moment | None = None) -> Moment:
    """The moment of a wall time that an earlier process has noted, by the two clocks as they are.

    Args:
        wall: Unix seconds; its steady time may be negative, before this machine was started
        now: the present, where several are to be counted from the same
    """
    present = now or moment()
    return Moment(wall, present.steady - (present.wall - wall))
