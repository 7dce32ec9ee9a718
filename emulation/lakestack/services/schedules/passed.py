"""Which times of a schedule start something, once at least one of them has come.

What came due while the machine slept starts once, late. What a test has let the clock jump over
starts once for each time, as it would have on AWS by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lakestack.services.schedules.time import Jumps

MOST_TIMES = 1000
"""Times that one schedule starts after a jump (our choice); later ones are left out, and said."""


@dataclass(frozen=True)
class Passed:
    """What has come due of a schedule.

    Attributes:
        times: each starts something, in this order
        next: the first time that has not come yet; None when there is none
        last: the last of `times` where later ones were left out, else None
    """

    times: list[datetime]
    next: datetime | None
    last: datetime | None = None


def passed(
    next_after: Callable[[datetime], datetime | None],
    first: datetime,
    now: datetime,
    jumps: Jumps,
) -> Passed:
    """The times of a schedule from its first that has come until now.

    Args:
        next_after: the schedule's first time after a moment
        first: not after `now`
    """
    times, moment = [first], next_after(first)
    while moment is not None and moment <= now:
        if not jumps.over(moment):
            begin = jumps.next_begin(moment)
            moment = next_after(now if begin is None else min(begin, now))
        elif len(times) < MOST_TIMES:
            times.append(moment)
            moment = next_after(moment)
        else:
            return Passed(times, next_after(now), times[-1])
    return Passed(times, moment)
