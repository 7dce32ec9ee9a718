"""The thread that looks at schedules when one of them is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from lakestack.services.schedules.time import TIME

LOG = logging.getLogger(__name__)


class Watch:
    """Looks when the next schedule is due, when it is woken, and before and after a jump of time.

    Args:
        name: of the thread
        longest: seconds between two looks at most: the clock may be set, or have stood still with
            the machine
    """

    def __init__(self, name: str, longest: float) -> None:
        self.longest = longest
        self._name = name
        self._woken = threading.Event()
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, look: Callable[[], float]) -> None:
        """Begin, once.

        Args:
            look: starts what is due, and returns the seconds until the next is
        """
        with self._lock:
            if self._thread is None:
                TIME.wakes(self._woken)
                TIME.looks(lambda: self._look(look))
                self._thread = threading.Thread(
                    target=self._run, args=(look,), name=self._name, daemon=True
                )
                self._thread.start()

    def wake(self) -> None:
        """Something may be due earlier than it knows."""
        self._woken.set()

    def _run(self, look: Callable[[], float]) -> None:
        while True:
            self._woken.clear()
            self._woken.wait(max(self._look(look), 0.0))

    def _look(self, look: Callable[[], float]) -> float:
        """Look, one thread at a time."""
        with self._looking:
            try:
                return look()
            except Exception:
                LOG.exception(self._name)
                return self.longest
