"""at, rate and cron: the next time, with zones, wildcards and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.schedules import ExpressionError, parse

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)


def _next(expression: str, after: str, zone: str = "UTC", count: int = 1) -> list[str]:
    moment: datetime | None = datetime.fromisoformat(after).replace(tzinfo=UTC)
    schedule = parse(expression, zone, ANCHOR)
    found: list[str] = []
    while moment is not None and len(found) < count:
        moment = schedule.next_after(moment)
        if moment is not None:
            found.append(moment.strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(15 12 * * ? *)", "2026-11-27T12:15", ["2026-11-28 12:15"]),
        ("cron(0/20 8 * * ? *)", "2026-11-27T08:01", ["2026-11-27 08:20", "2026-11-27 08:40"]),
        # AWS counts the days of the week from Sunday, which is 1
        ("cron(0 3 ? * 1 *)", "2026-11-27T00:00", ["2026-11-29 03:00", "2026-12-06 03:00"]),
        ("cron(0 3 ? * MON-FRI *)", "2026-11-27T03:00", ["2026-11-30 03:00"]),
        ("cron(0 3 L * ? *)", "2026-01-31T03:00", ["2026-02-28 03:00", "2026-03-31 03:00"]),
        ("cron(0 3 1W * ? *)", "2026-08-01T00:00", ["2026-08-03 03:00", "2026-09-01 03:00"]),
        ("cron(0 3 LW * ? *)", "2026-10-01T00:00", ["2026-10-30 03:00"]),
        ("cron(0 3 ? * 6L *)", "2026-11-01T00:00", ["2026-11-27 03:00", "2026-12-25 03:00"]),
        ("cron(0 3 ? * TUE#2 *)", "2026-11-01T00:00", ["2026-11-10 03:00", "2026-12-08 03:00"]),
        ("cron(0 0 29 2 ? *)", "2026-01-01T00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 1 1 ? 2027)", "2026-01-01T00:00", ["2027-01-01 00:00"]),
        ("rate(5 minutes)", "2026-01-01T00:00", ["2026-01-01 00:05", "2026-01-01 00:10"]),
        ("rate(1 hour)", "2025-12-31T00:00", ["2026-01-01 00:00", "2026-01-01 01:00"]),
        ("rate(7 days)", "2026-01-07T00:00", ["2026-01-08 00:00"]),
        ("at(2026-11-27T08:30:00)", "2026-11-27T08:29", ["2026-11-27 08:30"]),
    ],
)
def test_next_times(expression: str, after: str, expected: list[str]) -> None:
    assert _next(expression, after, count=len(expected)) == expected


def test_no_more_times() -> None:
    assert _next("at(2026-11-27T08:30:00)", "2026-11-27T08:30") == []
    assert _next("cron(0 0 1 1 ? 2025)", "2026-01-01T00:00") == []
    assert _next("cron(0 0 30 2 ? *)", "2026-01-01T00:00") == []


def test_zones_and_their_clock_changes() -> None:
    berlin = "Europe/Berlin"
    assert _next("at(2026-07-01T08:00:00)", "2026-01-01T00:00", berlin) == ["2026-07-01 06:00"]
    assert _next("cron(0 8 * * ? *)", "2026-03-28T07:00", berlin) == ["2026-03-29 06:00"]
    # 02:30 is left out on 29 March, and there twice on 25 October
    assert _next("cron(30 2 * * ? *)", "2026-03-28T12:00", berlin) == ["2026-03-30 00:30"]
    autumn = _next("cron(30 2 * * ? *)", "2026-10-24T12:00", berlin, count=2)
    assert autumn == ["2026-10-25 00:30", "2026-10-26 01:30"]


@pytest.mark.parametrize(
    "expression",
    [
        *("cron(* * * * * *)", "cron(0 3 ? * ? *)", "cron(0 3 * * *)", "cron(0 25 * * ? *)"),
        *("cron(0 3 ? * MON#6 *)", "cron(0 3 ? * 8 *)", "cron(0/0 3 * * ? *)", "cron()"),
        *("rate(0 minutes)", "rate(5 seconds)", "rate(-1 hours)", "rate(5)", "rate(1.5 hours)"),
        *("at(2026-02-30T00:00:00)", "at(2026-01-01)", "at(2026-01-01T00:00:00Z)", "* * * * *"),
        *("", "cron(x 3 * * ? *)", "rate(999999999 days)"),
    ],
)
def test_refused(expression: str) -> None:
    with pytest.raises(ExpressionError, match=r"expected|valid|is not|must|day"):
        parse(expression, "UTC", ANCHOR)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "/etc/localtime"])
def test_zone_that_is_none(zone: str) -> None:
    with pytest.raises(ExpressionError, match="time zone"):
        parse("rate(1 hour)", zone, ANCHOR)


@given(st.integers(0, 10**7), st.integers(1, 500))
def test_rate_is_the_first_multiple_after_the_moment(seconds: int, minutes: int) -> None:
    moment = ANCHOR + timedelta(seconds=seconds)
    found = parse(f"rate({minutes} minutes)", "UTC", ANCHOR).next_after(moment)
    assert found is not None
    assert moment < found <= moment + timedelta(minutes=minutes)
    assert (found - ANCHOR) % timedelta(minutes=minutes) == timedelta(0)
