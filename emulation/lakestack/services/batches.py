"""What requests leave behind, done for many of them together by a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Batches:
    """Calls an action a while after it was noted that there is something to do.

    Args:
        name: of the thread, which the first note starts
        seconds: between a note and the call
        action: does all that has been noted by then; raises nothing
    """

    def __init__(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        self._name, self._seconds, self._action = name, seconds, action
        self._noted, self._lock = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    def note(self) -> None:
        """There is something to do, which the action can find by now."""
        if self._noted.is_set():
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self._noted.set()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._noted.wait()
            pause.wait(self._seconds)
            self._noted.clear()
            self._action()
