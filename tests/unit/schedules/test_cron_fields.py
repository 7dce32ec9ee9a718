"""AWS's cron expressions: what they mean, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.schedules.cron import Cron, CronError

FRIDAY = datetime(2026, 11, 27, 20, 42, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(15 12 * * ? *)", "2026-11-28 12:15"),
        ("cron(0/15 * * * ? *)", "2026-11-27 20:45"),
        ("cron(5/20 20 * * ? *)", "2026-11-27 20:45"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-30 18:00"),
        ("cron(0 18 ? * 2-6 *)", "2026-11-30 18:00"),
        ("cron(0 8 1 * ? *)", "2026-12-01 08:00"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-11-27 20:50"),
        ("cron(0 0 L * ? *)", "2026-11-30 00:00"),
        ("cron(0 0 LW 1 ? *)", "2027-01-29 00:00"),
        ("cron(0 0 3W * ? *)", "2026-12-03 00:00"),
        ("cron(0 0 1W 5 ? 2027)", "2027-05-03 00:00"),  # the 1st is a Saturday
        ("cron(0 0 31W 10 ? 2027)", "2027-10-29 00:00"),  # the 31st is a Sunday
        ("cron(0 0 ? * 6#1 *)", "2026-12-04 00:00"),
        ("cron(0 0 ? * FRI#3 *)", "2026-12-18 00:00"),
        ("cron(0 0 ? * 5L *)", "2026-12-31 00:00"),
        ("cron(0 0 ? * L *)", "2026-11-28 00:00"),
        ("cron(0 0 ? * FRI-MON *)", "2026-11-28 00:00"),
        ("cron(0 22-2 * * ? *)", "2026-11-27 22:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00"),
        ("cron(42 20 27 NOV ? 2026)", None),
        ("cron(0 0 30 2 ? *)", None),
    ],
)
def test_the_next_time(expression: str, expected: str | None) -> None:
    found = Cron.parse(expression).next_after(FRIDAY)
    assert (f"{found:%Y-%m-%d %H:%M}" if found else None) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("every day", "expected cron"),
        ("rate(1 day)", "expected cron"),
        ("cron(1 2)", "expected cron"),
        ("cron(0 0 * * * *)", "must be ?"),
        ("cron(0 0 ? * ? *)", "must be ?"),
        ("cron(60 0 * * ? *)", "minutes '60' is not within 0 to 59"),
        ("cron(0 24 * * ? *)", "hours '24'"),
        ("cron(0 0 32 * ? *)", "day-of-month '32'"),
        ("cron(0 0 * JUNE ? *)", "month 'JUNE'"),
        ("cron(0 0 ? * 0 *)", "day-of-week '0'"),
        ("cron(0 0 ? * 2#6 *)", "after #"),
        ("cron(0/0 0 * * ? *)", "step '0'"),
        ("cron(0 0 * * ? 1969)", "year '1969'"),
    ],
)
def test_what_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(CronError, match=reason.replace("?", r"\?").replace("(", r"\(")):
        Cron.parse(expression)


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_a_daily_schedule_comes_within_a_day(minute: int, hour: int, moment: datetime) -> None:
    found = Cron.parse(f"cron({minute} {hour} * * ? *)").next_after(moment)
    assert found is not None
    assert moment < found <= moment + timedelta(days=1)
    assert (found.hour, found.minute) == (hour, minute)
