"""Schedules of triggers and crawlers, by the time of schedules."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.glue.crawl_start import start_crawl
from lakestack.services.glue.orchestration.firing import fire_scheduled
from lakestack.services.glue.state import STORE, GlueState
from lakestack.services.schedules.cron import Cron
from lakestack.services.schedules.time import TIME
from lakestack.services.schedules.watch import Watch

LOG = logging.getLogger(__name__)

Key = tuple[str, str, str, str]
"""Account, region, kind and name of what has a schedule."""

LONGEST_WAIT = 30.0
"""Seconds between two looks at the clock."""


class Scheduler:
    """Starts what is due.

    What was due while the machine slept starts once, late; what was due before a schedule was set
    does not.

    Args:
        now: the time of schedules, in UTC
    """

    def __init__(self, now: Callable[[], datetime] = TIME.now) -> None:
        self._now = now
        self._watch = Watch("glue-schedules", LONGEST_WAIT)
        self._looked = now()
        self._known: dict[Key, Cron] = {}

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
                for key, schedule, start in self._schedules(state):
                    known[key] = schedule
                    there_before = self._known.get(key) == schedule
                    due = schedule.next_after(since if there_before else now)
                    if due is not None and due <= now:
                        self._start(start)
                        due = schedule.next_after(now)
                    if due is not None:
                        wait = min(wait, (due - now).total_seconds())
        self._known = known
        return wait

    @staticmethod
    def _start(start: Callable[[], Any]) -> None:
        try:
            start()
        except CommonServiceException as e:
            LOG.warning("a schedule of Glue could not start anything: %s", e.message)

    @staticmethod
    def _schedules(state: GlueState) -> list[tuple[Key, Cron, Callable[[], Any]]]:
        found: list[tuple[Key, Cron, Callable[[], Any]]] = []
        place = (state.account, state.region)
        for name, trigger in state.triggers.items():
            schedule = trigger.schedule if trigger.active else None
            if schedule is not None:
                fire = partial(fire_scheduled, state, trigger)
                found.append(((*place, "trigger", name), schedule, fire))
        for name, crawler in state.crawlers.items():
            expression = crawler.definition.get("Schedule") if crawler.scheduled else None
            if expression:
                crawl = partial(start_crawl, state, crawler)
                found.append(((*place, "crawler", name), Cron.parse(expression), crawl))
        return found


SCHEDULER = Scheduler()
