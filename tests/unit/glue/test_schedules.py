"""The scheduler: what comes due starts once, on a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lakestack.services.glue.crawler import Crawler
from lakestack.services.glue.orchestration import scheduler as module
from lakestack.services.glue.orchestration.scheduler import (
    BUSY_WAIT,
    LONGEST_WAIT,
    Scheduler,
)
from lakestack.services.glue.state import GlueState
from lakestack.services.glue.triggers.trigger import Trigger
from lakestack.services.schedules.time import Jumps
from lakestack.store import Store


class Clock:
    """A wall clock that stands until it is set."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 27, 11, 59, 50, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(
        module, "fire_scheduled", lambda _state, trigger: found.append(trigger.name)
    )
    monkeypatch.setattr(module, "start_crawl", lambda _state, crawler: found.append(crawler.name))
    return found


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> GlueState:
    store: Store[GlueState] = Store("glue-of-this-test", GlueState)
    monkeypatch.setattr(module, "STORE", store)
    return store.get("000000000000", "us-east-1")


def _trigger(state: GlueState, name: str, schedule: str, start: bool = True) -> Trigger:
    trigger = Trigger(
        {
            "Name": name,
            "Type": "SCHEDULED",
            "Schedule": schedule,
            "Actions": [{"JobName": "j"}],
            "StartOnCreation": start,
        }
    )
    state.triggers[name] = trigger
    return trigger


def test_what_is_due_starts_once(clock: Clock, started: list[str], state: GlueState) -> None:
    scheduler = Scheduler(clock)
    noon = _trigger(state, "noon", "cron(0 12 * * ? *)")
    _trigger(state, "asleep", "cron(0 12 * * ? *)", start=False)
    assert scheduler.look() == pytest.approx(10)
    assert started == []
    clock.forward(seconds=10)
    assert scheduler.look() == LONGEST_WAIT
    scheduler.look()
    assert started == ["noon"]
    clock.forward(days=3, hours=5)  # the laptop slept
    scheduler.look()
    assert started == ["noon", "noon"]
    noon.deactivate()
    clock.forward(days=1)
    scheduler.look()
    assert started == ["noon", "noon"]


def test_after_a_jump_each_time_starts_when_the_one_before_has_ended(
    clock: Clock, started: list[str], state: GlueState, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps, idle = Jumps(), [False, True, False, True, True, False]
    monkeypatch.setattr(module, "is_idle", lambda _state, _trigger: idle.pop(0))
    scheduler = Scheduler(clock, jumps)
    _trigger(state, "hourly", "cron(0 * * * ? *)")
    scheduler.look()
    jumps.add(clock.time, clock.time + timedelta(hours=5))
    clock.forward(hours=5)
    assert scheduler.look() == BUSY_WAIT
    assert started == ["hourly"]
    assert scheduler.look() == BUSY_WAIT
    assert started == ["hourly"] * 2
    scheduler.look()
    assert started == ["hourly"] * 4
    _trigger(state, "hourly", "cron(0 * * * ? *)")  # another one of this name
    assert scheduler.look() > BUSY_WAIT
    assert started == ["hourly"] * 4


def test_a_clock_that_is_set_back_starts_nothing(
    clock: Clock, started: list[str], state: GlueState
) -> None:
    scheduler = Scheduler(clock)
    _trigger(state, "noon", "cron(0 12 * * ? *)")
    scheduler.look()
    clock.forward(minutes=1)
    scheduler.look()
    clock.forward(minutes=-30)
    assert scheduler.look() == LONGEST_WAIT
    clock.forward(minutes=29)
    scheduler.look()
    assert started == ["noon"]


def test_a_crawler_starts_while_its_schedule_runs(
    clock: Clock, started: list[str], state: GlueState
) -> None:
    scheduler = Scheduler(clock)
    definition = {"Name": "crawler", "Schedule": "cron(0/5 * * * ? *)"}
    crawler = state.crawlers["crawler"] = Crawler(state.account, state.region, definition)
    scheduler.look()
    clock.forward(minutes=5)
    scheduler.look()
    crawler.scheduled = False
    clock.forward(minutes=5)
    scheduler.look()
    assert started == ["crawler"]


def test_what_was_due_before_a_schedule_was_set_does_not_start(
    clock: Clock, started: list[str], state: GlueState
) -> None:
    scheduler = Scheduler(clock)
    scheduler.look()
    clock.forward(seconds=20)  # noon, and the next look is 10 s away
    trigger = _trigger(state, "t", "cron(0 12 * * ? *)")
    scheduler.look()
    assert started == []
    trigger.update({"Schedule": "cron(5 12 * * ? *)"})
    clock.forward(minutes=10)
    scheduler.look()
    assert started == []
    clock.forward(days=1)
    scheduler.look()
    assert started == ["t"]
