"""What was told to end, and the wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from lakestack import clock

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ending:
    """Something that was told to end.

    Attributes:
        name: what it is, for a log
        join: waits for its end, at most so many seconds; whether it came
    """

    name: str
    join: Callable[[float], bool]

    @classmethod
    def of(cls, thread: threading.Thread) -> Ending:
        """The ending of a thread."""

        def join(timeout: float) -> bool:
            if thread is threading.current_thread():
                return False  # it asks for its own end, and comes to it afterwards
            thread.join(timeout)
            return not thread.is_alive()

        return cls(thread.name, join)


def ended(what: str, endings: list[Ending], timeout: float) -> list[str]:
    """Wait for what was told to end; return the names of what has not, and log them."""
    deadline = clock.steady() + timeout
    late = [e.name for e in endings if not e.join(max(0.0, deadline - clock.steady()))]
    if late:
        LOG.warning("reset of %s: not ended after %.0f s: %s", what, timeout, ", ".join(late))
    return late
