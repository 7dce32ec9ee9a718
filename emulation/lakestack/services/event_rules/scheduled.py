"""Starts the rules that have a ScheduleExpression.

Amazon EventBridge User Guide, "Creating a scheduled rule (legacy)": times are in UTC, and a rate
counts from when the rule was made. LocalStack looks once a minute for rules that are due within the
next, counts days of the week from Monday, starts disabled rules, and those with targets put twice
twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localstack.services.events.models import ValidationException, events_stores

from lakestack.services.schedules import Expression, ExpressionError, parse
from lakestack.services.schedules.passed import passed
from lakestack.services.schedules.time import TIME, Jumps
from lakestack.services.schedules.watch import Watch

LONGEST_WAIT = 5.0
"""Seconds until a rule is seen that was enabled or changed, and the clock is looked at again."""

WATCH = Watch("scheduled-rules", LONGEST_WAIT)

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")


def checked(expression: str) -> str:
    """The expression.

    Raises:
        ValidationException: AWS refuses it
    """
    rate = _RATE.fullmatch(expression)
    try:
        parse(expression, "UTC", TIME.now())
        if expression.startswith("at(") or (rate and (int(rate[1]) == 1) == bool(rate[3])):
            raise ExpressionError(expression)
    except ExpressionError as e:
        raise ValidationException("Parameter ScheduleExpression is not valid.") from e
    return expression


@dataclass
class Plan:
    """When a rule is due next.

    Attributes:
        text: the ScheduleExpression that it follows
        due: None when it is no more
    """

    text: str
    expression: Expression
    due: datetime | None


class ScheduledRules:
    """The scheduled rules of all accounts and regions, by their ARN.

    Args:
        begin: sends to the targets of a rule of an account and region what came due at a time;
            never waits
        now: the time of schedules
        jumps: what it has jumped over
    """

    def __init__(
        self,
        begin: Callable[[Any, str, str, datetime], None],
        now: Callable[[], datetime] = TIME.now,
        jumps: Jumps = TIME.jumps,
    ) -> None:
        self._begin, self._now = begin, now
        self._jumps, self._returns = jumps, jumps.returns
        self._plans: dict[str, Plan] = {}
        self._looked = now()

    def start(self) -> None:
        """Look at the rules in a thread, from now on."""
        WATCH.start(self.look)

    def look(self) -> float:
        """Start what is due; seconds until the next is."""
        now, since = self._now(), self._looked
        if self._returns != self._jumps.returns:
            self._returns, since = self._jumps.returns, now
            self._plans.clear()
        self._looked, wait = now, LONGEST_WAIT
        found = {rule.arn: (place, rule) for place, rule in _enabled()}
        self._plans = {arn: plan for arn, plan in self._plans.items() if arn in found}
        for arn, (place, rule) in found.items():
            plan = self._plans.get(arn)
            if plan is None or plan.text != rule.schedule_expression:
                plan = self._plans[arn] = self._planned(rule.schedule_expression, now, since)
            if plan.due is not None and plan.due <= now:
                come = passed(plan.expression.next_after, plan.due, now, self._jumps)
                plan.due = come.next
                for moment in come.times:
                    self._begin(rule, *place, moment)
                if come.last is not None:
                    TIME.left_out(arn, come.last)
            if plan.due is not None:
                wait = min(wait, (plan.due - now).total_seconds())
        return wait

    def _planned(self, text: str, now: datetime, since: datetime) -> Plan:
        """A rule's first plan: a rate counts from now, another since the last look."""
        expression = parse(text, "UTC", now)
        after = now if text.startswith("rate") else min(since, now)
        return Plan(text, expression, expression.next_after(after))


def _enabled() -> Iterator[tuple[tuple[str, str], Any]]:
    """Account and region, and a rule of them that has a schedule and targets."""
    for account, region, store in list(events_stores.iter_stores()):
        for bus in list(store.event_buses.values()):
            for rule in list(bus.rules.values()):
                if rule.schedule_expression and rule.targets and rule.state != "DISABLED":
                    yield (account, region), rule
