"""Wakes threads that wait for something to happen, so that none of them has to look for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Signal:
    """Something that happens again and again, and the threads that wait for it.

    A thread that waits for several things has one event for all of them: it clears it, looks, and
    waits, so that nothing that happens meanwhile is missed. All methods may be called from any
    thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Replaced, not changed: `tell` reads it without the lock, for every record that is put.
        self._waiting: tuple[threading.Event, ...] = ()

    def tell(self) -> None:
        """It has happened."""
        for event in self._waiting:
            if not event.is_set():
                event.set()

    @contextmanager
    def wakes(self, event: threading.Event) -> Iterator[None]:
        """Set an event whenever it happens, within the context."""
        with self._lock:
            self._waiting = (*self._waiting, event)
        try:
            yield
        finally:
            with self._lock:
                self._waiting = tuple(each for each in self._waiting if each is not event)
