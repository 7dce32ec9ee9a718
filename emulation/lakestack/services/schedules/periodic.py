"""What is done at intervals, and whenever the time of schedules jumps."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from lakestack import changes
from lakestack.services.schedules.time import TIME, ScheduleTime

LOG = logging.getLogger(__name__)


class Periodic:
    """A thread that looks for what has expired, from the first `start` on.

    Args:
        name: of the thread
        look: does it; returns how much it has done
        seconds: between two looks
        time: whose jumps it follows
    """

    def __init__(
        self, name: str, look: Callable[[], int], seconds: float, time: ScheduleTime = TIME
    ) -> None:
        self._name, self._look, self._seconds = name, look, seconds
        self._jumped = threading.Event()
        self._lock = threading.Lock()
        self._started = False
        self._time = time

    def start(self) -> None:
        """Begin, once."""
        with self._lock:
            if not self._started:
                self._started = True
                self._time.wakes(self._jumped)
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            self._jumped.wait(self._seconds)
            self._jumped.clear()
            try:
                if self._look():
                    changes.note()
            except Exception:
                LOG.exception("%s; it goes on", self._name)
