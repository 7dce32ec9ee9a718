"""Schedules of triggers and crawlers, and windows of events, by the time of schedules."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.glue.crawl_start import start_crawl
from lakestack.services.glue.crawler import Crawler
from lakestack.services.glue.orchestration import event_batches
from lakestack.services.glue.orchestration.firing import fire_scheduled, is_idle
from lakestack.services.glue.state import STORE, GlueState
from lakestack.services.schedules.cron import Cron
from lakestack.services.schedules.passed import passed
from lakestack.services.schedules.time import TIME, Jumps
from lakestack.services.schedules.watch import Watch

LOG = logging.getLogger(__name__)

Key = tuple[str, str, str, str]
"""Account, region, kind and name of what has a schedule."""

LONGEST_WAIT = 30.0
"""Seconds between two looks at the clock."""


BUSY_WAIT = 0.5
"""Seconds between two looks at what has yet to end before its next time starts."""


@dataclass(frozen=True)
class Scheduled:
    """A trigger or crawler that has a schedule.

    Attributes:
        owner: it
        idle: whether what it started last has ended
    """

    key: Key
    owner: Any
    schedule: Cron
    start: Callable[[], Any]
    idle: Callable[[], bool]


class Scheduler:
    """Starts what is due.

    What was due while the machine slept starts once, late; what was due before a schedule was set
    does not. What a test has let the clock jump over starts once for each time, each when the one
    before has ended, as it would have by then.

    Args:
        now: the time of schedules, in UTC
        jumps: what it has jumped over
    """

    def __init__(self, now: Callable[[], datetime] = TIME.now, jumps: Jumps = TIME.jumps) -> None:
        self._now, self._jumps = now, jumps
        self._watch = Watch("glue-schedules", LONGEST_WAIT)
        self._looked = now()
        self._known: dict[Key, Cron] = {}
        self._waiting: dict[Key, tuple[Any, deque[datetime]]] = {}

    def start(self) -> None:
        """Look at the schedules from now on, in a thread."""
        self._watch.start(self.look)

    def wake(self) -> None:
        """A schedule is there, or another one."""
        self._watch.wake()

    def look(self) -> float:
        """Start what has come due since the last look; seconds until the next is due."""
        now = self._now()
        since, self._looked = min(self._looked, now), now
        wait, known = LONGEST_WAIT, dict[Key, Cron]()
        for state in STORE.states():
            with state.lock:
                if state.closed:
                    continue
                if (end := event_batches.start_due(state, now)) is not None:
                    wait = min(wait, (end - now).total_seconds())
                for each in _schedules(state):
                    known[each.key] = each.schedule
                    there_before = self._known.get(each.key) == each.schedule
                    due = each.schedule.next_after(since if there_before else now)
                    if due is not None and due <= now:
                        due = self._come(each, due, now)
                    if due is not None:
                        wait = min(wait, (due - now).total_seconds())
                    if self._go_on(each):
                        wait = min(wait, BUSY_WAIT)
        self._waiting = {key: it for key, it in self._waiting.items() if key in known}
        self._known = known
        return wait

    def _come(self, each: Scheduled, due: datetime, now: datetime) -> datetime | None:
        """Note what has come due; the first one starts at once. Returns when the next is due."""
        found = passed(each.schedule.next_after, due, now, self._jumps)
        times = found.times
        if found.last is not None:
            TIME.left_out(":".join(each.key), found.last)
        owner, waiting = self._waiting.get(each.key, (None, deque[datetime]()))
        if owner is not each.owner:
            waiting = deque()
        if not waiting:
            _start(each)
            times = times[1:]
        waiting.extend(times)
        self._waiting[each.key] = (each.owner, waiting)
        return found.next

    def _go_on(self, each: Scheduled) -> bool:
        """Start the next that waits, if it may; whether others wait."""
        owner, waiting = self._waiting.get(each.key, (None, deque[datetime]()))
        if owner is each.owner:
            while waiting and each.idle():
                waiting.popleft()
                _start(each)
            if waiting:
                return True
        self._waiting.pop(each.key, None)
        return False


def _start(each: Scheduled) -> None:
    try:
        each.start()
    except CommonServiceException as e:
        LOG.warning("a schedule of Glue could not start anything: %s", e.message)


def _schedules(state: GlueState) -> Iterator[Scheduled]:
    place = (state.account, state.region)
    for name, trigger in list(state.triggers.items()):
        schedule = trigger.schedule if trigger.active else None
        if schedule is not None:
            fire, idle = partial(fire_scheduled, state, trigger), partial(is_idle, state, trigger)
            yield Scheduled((*place, "trigger", name), trigger, schedule, fire, idle)
    for name, crawler in list(state.crawlers.items()):
        expression = crawler.definition.get("Schedule") if crawler.scheduled else None
        if expression:
            crawl, idle = partial(start_crawl, state, crawler), partial(_ready, crawler)
            key = (*place, "crawler", name)
            yield Scheduled(key, crawler, Cron.parse(expression), crawl, idle)


def _ready(crawler: Crawler) -> bool:
    return crawler.state == "READY"


SCHEDULER = Scheduler()
