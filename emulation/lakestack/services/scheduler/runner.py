"""Starts what is due, and brings it to its target or into the dead-letter queue.

Amazon EventBridge Scheduler User Guide, "Configuring a dead-letter queue for EventBridge
Scheduler".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from lakestack import changes
from lakestack.services.base import client
from lakestack.services.scheduler import targets
from lakestack.services.scheduler.schedule import (
    MAX_AGE_SECONDS,
    MAX_ATTEMPTS,
    Invocation,
    Schedule,
)
from lakestack.services.scheduler.state import STORE, WATCH, SchedulerState
from lakestack.services.schedules import ExpressionError
from lakestack.services.schedules.passed import passed
from lakestack.services.schedules.time import TIME, Jumps

LOG = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds before an invocation is tried again, doubled each time (our guess)."""

WORKERS = 8


class Runner:
    """Looks at all schedules when one is due.

    What was due while the machine slept starts once, late; what a test has let the clock jump over
    starts once for each time. The invocations of a schedule that are due together are delivered in
    the order of their times.

    Args:
        now: the time of schedules
        jumps: what it has jumped over
    """

    def __init__(self, now: Callable[[], datetime] = TIME.now, jumps: Jumps = TIME.jumps) -> None:
        self._now, self._jumps, self._returns = now, jumps, jumps.returns
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="schedule")

    def start(self) -> None:
        """Begin, once."""
        WATCH.start(self.look)

    def look(self) -> float:
        """Start what is due; seconds until the next is."""
        returned, self._returns = self._returns != self._jumps.returns, self._jumps.returns
        now, wait = self._now(), WATCH.longest
        for state in STORE.states():
            with state.lock:
                if state.closed:
                    continue
                for schedule in state.schedules() if returned else ():
                    if schedule.planned is not None:
                        schedule.plan(now)
                for schedule in state.schedules():
                    if schedule.enabled and schedule.due is not None and schedule.due <= now:
                        self._begin(state, schedule, now)
                due = [each for each in state.invocations if each.due <= now]
                state.invocations = [each for each in state.invocations if each not in due]
                rest = [s.due for s in state.schedules() if s.enabled and s.due is not None]
                rest += [each.due for each in state.invocations]
            by_schedule: dict[str, list[Invocation]] = {}
            for invocation in due:
                by_schedule.setdefault(invocation.arn, []).append(invocation)
            for invocations in by_schedule.values():
                self._pool.submit(self._deliver_all, state, invocations)
            wait = min([wait, *((moment - now).total_seconds() for moment in rest)])
        return wait

    def _begin(self, state: SchedulerState, schedule: Schedule, now: datetime) -> None:
        planned = schedule.planned or now
        last = None
        try:
            found = passed(schedule.next_time, planned, now, self._jumps)
            times, last = found.times, found.last
            schedule.expect(found.next)
        except ExpressionError:
            LOG.exception("schedule %s", schedule.arn)
            times = [planned]
            schedule.expect(None)
        for moment in times:
            state.invocations.append(
                Invocation(
                    schedule=schedule.name,
                    group=schedule.group,
                    arn=schedule.arn,
                    target=schedule.request["Target"],
                    scheduled=moment,
                    began=now,
                    due=now if moment == planned else moment + schedule.spread(),
                    completes=schedule.planned is None and moment == times[-1],
                )
            )
        if last is not None:
            TIME.left_out(schedule.arn, last)

    def _deliver_all(self, state: SchedulerState, invocations: list[Invocation]) -> None:
        for each in invocations:
            self._deliver(state, each)

    def _deliver(self, state: SchedulerState, invocation: Invocation) -> None:
        invocation.attempts += 1
        try:
            targets.invoke(state.account, state.region, invocation)
        except (ClientError, BotoCoreError, ValueError) as e:
            self._failed(state, invocation, e)
        except Exception as e:
            LOG.exception("schedule %s", invocation.arn)
            self._failed(state, invocation, e)
        else:
            self._done(state, invocation)
        changes.note()

    def _failed(self, state: SchedulerState, invocation: Invocation, error: Exception) -> None:
        condition = self._given_up(invocation, error)
        if condition is None:
            pause = min(FIRST_PAUSE * 2 ** (invocation.attempts - 1), LONGEST_PAUSE)
            invocation.due = self._now() + timedelta(seconds=pause)
            with state.lock:
                if not state.closed:
                    state.invocations.append(invocation)
            WATCH.wake()
            return
        queue = (invocation.target.get("DeadLetterConfig") or {}).get("Arn")
        try:
            if not queue:
                raise ValueError("it has no dead-letter queue")
            sqs = client(state.account, queue.split(":")[3], "sqs")
            targets.to_dead_letter_queue(sqs, queue, invocation, error, condition)
        except (ClientError, BotoCoreError, ValueError) as e:
            with state.lock:
                state.lost += 1
            LOG.error(
                "schedule %s: the invocation of %s is lost after %s attempts: %s; %s",
                *(invocation.arn, invocation.scheduled.isoformat(), invocation.attempts),
                *(error, e),
            )
        self._done(state, invocation)

    def _given_up(self, invocation: Invocation, error: Exception) -> str | None:
        """Why it is not tried again, as the dead-letter queue has it; None when it is."""
        if not targets.may_pass(error):
            return ""
        policy = invocation.target.get("RetryPolicy") or {}
        if invocation.attempts > policy.get("MaximumRetryAttempts", MAX_ATTEMPTS):
            return "MaximumRetryAttempts"
        age = (self._now() - invocation.began).total_seconds()
        if age >= policy.get("MaximumEventAgeInSeconds", MAX_AGE_SECONDS):
            return "MaximumEventAgeInSeconds"
        return None

    def _done(self, state: SchedulerState, invocation: Invocation) -> None:
        """Let a schedule go that has had its last invocation, if it is to."""
        if not invocation.completes:
            return
        with state.lock:
            group = state.groups.get(invocation.group)
            found = group.schedules.get(invocation.schedule) if group else None
            if group and found and found.due is None and found.deletes_itself:
                del group.schedules[found.name]


RUNNER = Runner()
