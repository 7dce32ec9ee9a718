"""Schedules of triggers and crawlers, by the time of schedules."""

from __future__ import annotations

import logging
import threading
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

LOG = logging.getLogger(__name__)

LONGEST_WAIT = 30.0
"""Seconds between two looks at the clock: it may be set, or have stood still with the machine."""


class Scheduler:
    """Starts what is due, in a thread that runs from the first schedule on.

    What was due while the machine slept starts once, late; what was due before a schedule was set
    does not.

    Args:
        now: the time of schedules, in UTC
    """

    def __init__(self, now: Callable[[], datetime] = TIME.now) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked = now()

    def wake(self) -> None:
        """A schedule is there, or another one."""
        with self._lock:
            if self._thread is None:
                self._looked = self._now()
                self._thread = threading.Thread(
                    target=self._run, name="glue-schedules", daemon=True
                )
                self._thread.start()
                TIME.wakes(self._changed)
        self._changed.set()

    def look(self) -> float:
        """Start what has come due since the last look; seconds until the next is due."""
        now = self._now()
        since, self._looked = min(self._looked, now), now
        wait = LONGEST_WAIT
        for state in STORE.states():
            with state.lock:
                if state.closed:
                    continue
                for schedule, start in self._schedules(state):
                    due = schedule.next_after(since)
                    if due is not None and due <= now:
                        self._start(start)
                        due = schedule.next_after(now)
                    if due is not None:
                        wait = min(wait, (due - now).total_seconds())
        return wait

    def _run(self) -> None:
        while True:
            try:
                wait = self.look()
            except Exception:
                LOG.exception("schedules of Glue")
                wait = LONGEST_WAIT
            self._changed.wait(max(wait, 0.0))
            self._changed.clear()

    @staticmethod
    def _start(start: Callable[[], Any]) -> None:
        try:
            start()
        except CommonServiceException as e:
            LOG.warning("a schedule of Glue could not start anything: %s", e.message)

    @staticmethod
    def _schedules(state: GlueState) -> list[tuple[Cron, Callable[[], Any]]]:
        found: list[tuple[Cron, Callable[[], Any]]] = []
        for trigger in state.triggers.values():
            schedule = trigger.schedule if trigger.active else None
            if schedule is not None:
                found.append((schedule, partial(fire_scheduled, state, trigger)))
        for crawler in state.crawlers.values():
            expression = crawler.definition.get("Schedule") if crawler.scheduled else None
            if expression:
                found.append((Cron.parse(expression), partial(start_crawl, state, crawler)))
        return found


SCHEDULER = Scheduler()
