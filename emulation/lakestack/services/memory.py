"""Memory that was freed goes back to the machine.

glibc keeps what was freed for the next allocation: an emulator that held a stream of a million
records would stay that large until it ends. `malloc_trim(3)` gives whole pages back. Other C
libraries (macOS, musl) do that by themselves or have no such call.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable

import psutil

from lakestack import clock

WORTH_BYTES = 24 * 1024 * 1024
"""A process that is larger than it was at its smallest by no more than this is left alone."""
LEAST_SECONDS = 10.0
"""Between two times: walking through the heap holds up the allocations of other threads."""


class Trimmer:
    """Gives freed memory back, seldom enough not to be felt.

    Args:
        trim: gives back what it can
        resident: bytes of resident memory
    """

    def __init__(
        self,
        trim: Callable[[], object] | None,
        resident: Callable[[], int],
        now: Callable[[], float] = clock.steady,
    ) -> None:
        self._trim, self._resident, self._now = trim, resident, now
        self._lock = threading.Lock()
        self._least: int | None = None
        self._next = 0.0

    def give_back(self) -> int:
        """Give back what was freed, if there can be much of it; return how many bytes it was."""
        if self._trim is None or not self._lock.acquire(blocking=False):
            return 0
        try:
            before, now = self._resident(), self._now()
            self._least = before if self._least is None else min(self._least, before)
            if now < self._next or before - self._least < WORTH_BYTES:
                return 0
            self._trim()
            self._next = now + LEAST_SECONDS
            return max(0, before - self._resident())
        finally:
            self._lock.release()


def _malloc_trim() -> Callable[[], object] | None:
    function = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return None if function is None else lambda: function(0)


_trimmer = Trimmer(_malloc_trim(), lambda: int(psutil.Process().memory_info().rss))


def install() -> None:
    """Give back what this process has freed, at intervals, from now on."""

    def watch() -> None:
        pause = threading.Event()
        while not pause.wait(LEAST_SECONDS / 2):
            _trimmer.give_back()

    threading.Thread(target=watch, name="memory", daemon=True).start()
