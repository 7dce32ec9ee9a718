"""Rules with a schedule, by a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from localstack.services.events.models import EventBus, Rule, ValidationException, events_stores

from lakestack.services.event_rules import scheduled
from lakestack.services.event_rules.scheduled import ScheduledRules, checked
from lakestack.services.schedules.time import Jumps

ACCOUNT, REGION = "123456789012", "eu-west-1"
BEGIN = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Clock:
    """The rules, and their time in minutes since BEGIN."""

    def __init__(self) -> None:
        self.minutes = 0.0
        self.started: list[str] = []
        self.times: list[float] = []
        self.jumps = Jumps()
        now = lambda: BEGIN + timedelta(minutes=self.minutes)  # noqa: E731
        self.rules = ScheduledRules(self._begin, now, self.jumps)

    def _begin(self, rule: Any, account: str, region: str, moment: datetime) -> None:
        assert (account, region) == (ACCOUNT, REGION)
        self.started.append(rule.name)
        self.times.append((moment - BEGIN).total_seconds() / 60)

    def jump(self, begin: float, end: float) -> None:
        """The clock jumps, in minutes since BEGIN."""
        self.jumps.add(BEGIN + timedelta(minutes=begin), BEGIN + timedelta(minutes=end))

    def at(self, minutes: float, started: int) -> float:
        """Look at this time; all in all, so many have been started then."""
        self.minutes = minutes
        wait = self.rules.look()
        assert len(self.started) == started
        return wait


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bus() -> Iterator[EventBus]:
    store = events_stores[ACCOUNT][REGION]
    made = store.event_buses["default"] = EventBus("default", REGION, ACCOUNT)
    yield made
    del store.event_buses["default"]


def _rule(bus: EventBus, expression: str, **given: Any) -> Rule:
    targets = {"1": {"Id": "1", "Arn": "arn"}}
    rule = Rule("r", REGION, ACCOUNT, schedule_expression=expression, targets=targets, **given)
    bus.rules["r"] = rule
    return rule


def test_rate_counts_from_the_rule(clock: Clock, bus: EventBus) -> None:
    _rule(bus, "rate(5 minutes)")
    clock.at(1, 0)  # it is seen
    clock.at(5.9, 0)
    clock.at(6, 1)
    clock.at(10.9, 1)
    clock.at(11, 2)
    clock.at(60, 3)  # what was due meanwhile starts once


def test_each_time_that_the_clock_jumps_over_starts(clock: Clock, bus: EventBus) -> None:
    _rule(bus, "rate(1 hour)")
    clock.at(0, 0)
    clock.jump(5, 5 + 24 * 60)
    clock.at(5 + 24 * 60, 24)
    assert clock.times == [60 * hour for hour in range(1, 25)]


def test_after_the_clock_is_set_back_a_rule_is_due_again(clock: Clock, bus: EventBus) -> None:
    _rule(bus, "rate(1 hour)")
    clock.at(0, 0)
    for started in (3, 6):
        clock.jump(clock.minutes, 200)
        clock.at(200, started)
        clock.jumps.forget()
        clock.at(10, started)
    assert clock.times == [60, 120, 180, 70, 130, 190]


def test_cron_counts_days_from_sunday(clock: Clock, bus: EventBus) -> None:
    _rule(bus, "cron(0 12 ? * 7 *)")  # Saturday; BEGIN is a Friday
    clock.at(0, 0)
    clock.at(24 * 60 - 1, 0)
    assert clock.at(24 * 60 - 0.05, 0) == pytest.approx(3)
    clock.at(24 * 60, 1)


def test_disabled_changed_and_deleted(clock: Clock, bus: EventBus) -> None:
    rule = _rule(bus, "rate(1 minute)")
    clock.at(0, 0)
    rule.state = "DISABLED"
    clock.at(5, 0)
    rule.state = "ENABLED"
    clock.at(6, 0)
    clock.at(7, 1)
    _rule(bus, "rate(10 minutes)")
    clock.at(8, 1)
    clock.at(17, 1)
    clock.at(18, 2)
    del bus.rules["r"]
    clock.at(60, 2)


def test_rule_without_targets_starts_nothing(clock: Clock, bus: EventBus) -> None:
    _rule(bus, "rate(1 minute)").targets.clear()
    clock.at(0, 0)
    assert clock.at(60, 0) == scheduled.LONGEST_WAIT


@pytest.mark.parametrize(
    "expression",
    ["rate(1 minutes)", "rate(2 minute)", "at(2027-01-01T00:00:00)", "cron(0 3 * * * *)", "x"],
)
def test_refused(expression: str) -> None:
    with pytest.raises(ValidationException, match="ScheduleExpression is not valid"):
        checked(expression)


@pytest.mark.parametrize("expression", ["rate(1 minute)", "rate(2 hours)", "cron(0 3 LW * ? *)"])
def test_taken(expression: str) -> None:
    assert checked(expression) == expression
