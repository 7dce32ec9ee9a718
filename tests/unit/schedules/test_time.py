"""The time that schedules go by."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lakestack import clock
from lakestack.errors import StateError
from lakestack.services.schedules.time import MOST_SECONDS, ScheduleTime, asked


def test_it_is_ahead_until_it_is_set_back() -> None:
    time, event = ScheduleTime(), threading.Event()
    time.wakes(event)
    time.advance(3600)
    time.advance(0.5)
    assert event.is_set()
    event.clear()
    ahead = time.now() - clock.utc()
    assert timedelta(seconds=3590) < ahead <= timedelta(seconds=3600.5)
    assert time.as_dict()["ahead_seconds"] == 3600.5
    time.back()
    assert event.is_set()
    assert time.as_dict()["ahead_seconds"] == 0


@pytest.mark.parametrize("seconds", [-1, MOST_SECONDS, float("inf"), float("nan")])
def test_neither_back_nor_too_far(seconds: float) -> None:
    time = ScheduleTime()
    time.advance(1)
    with pytest.raises(StateError, match="cannot be advanced"):
        time.advance(seconds)
    assert time.as_dict()["ahead_seconds"] == 1


@pytest.mark.parametrize("document", [{}, {"seconds": "1"}, {"seconds": 1, "x": 1}, {"second": 1}])
def test_requests_that_say_no_time(document: dict[str, Any]) -> None:
    with pytest.raises(StateError) as caught:
        asked(document)
    assert caught.value.hint == 'valid: {"seconds": 3600}'


def test_what_is_written_after_an_advance_is_young() -> None:
    time, before = ScheduleTime(), clock.utc()
    time.advance(86_400)
    after = clock.utc()
    assert time.age(before, before) >= timedelta(days=1)
    assert time.age(after, after) < timedelta(hours=1)
    assert time.age(after - timedelta(days=2), after) >= timedelta(days=2)
    time.back()
    assert time.age(before, before) < timedelta(hours=1)


def test_schedules_are_looked_at_before_and_after() -> None:
    time, seen = ScheduleTime(), list[float]()
    time.looks(lambda: seen.append(time.as_dict()["ahead_seconds"]))
    before = time.now()
    time.advance(3600)
    assert seen == [0, 3600]
    assert time.jumps.over(before + timedelta(minutes=30))
    assert not time.jumps.over(before - timedelta(minutes=30))
    time.back()
    assert not time.jumps.over(before + timedelta(minutes=30))


def test_what_was_left_out_is_told_until_it_is_set_back() -> None:
    time = ScheduleTime()
    time.left_out("arn", datetime(2026, 11, 27, 12, tzinfo=UTC))
    assert time.as_dict()["started_only_until"] == {"arn": "2026-11-27T12:00:00Z"}
    time.back()
    assert "started_only_until" not in time.as_dict()
