"""What starts of a schedule: once after a sleep, and each time after a jump of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lakestack.services.schedules import parse
from lakestack.services.schedules.passed import MOST_TIMES, passed
from lakestack.services.schedules.time import Jumps

BEGIN = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOURLY = parse("cron(0 * * * ? *)", "UTC", BEGIN).next_after


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def test_a_sleep_starts_once() -> None:
    found = passed(HOURLY, at(1), at(5.5), Jumps())
    assert (found.times, found.next, found.last) == ([at(1)], at(6), None)


def test_a_jump_starts_each_time() -> None:
    jumps = Jumps()
    jumps.add(at(0.5), at(3))
    jumps.add(at(3.1), at(5.5))
    found = passed(HOURLY, at(1), at(5.5), jumps)
    assert (found.times, found.next) == ([at(1), at(2), at(3), at(4), at(5)], at(6))


def test_sleep_and_jump_after_each_other() -> None:
    jumps = Jumps()
    jumps.add(at(3.5), at(5.5))
    found = passed(HOURLY, at(1), at(8.5), jumps)
    assert (found.times, found.next) == ([at(1), at(4), at(5)], at(9))


def test_more_times_than_may_start_are_left_out() -> None:
    jumps = Jumps()
    jumps.add(BEGIN, at(MOST_TIMES + 10))
    found = passed(HOURLY, at(1), at(MOST_TIMES + 10), jumps)
    assert found.times == [at(hour) for hour in range(1, MOST_TIMES + 1)]
    assert (found.last, found.next) == (at(MOST_TIMES), at(MOST_TIMES + 11))


def test_after_the_last_time_there_is_none() -> None:
    once = parse("at(2026-11-27T13:00:00)", "UTC", BEGIN).next_after
    assert passed(once, at(1), at(9), Jumps()).next is None
