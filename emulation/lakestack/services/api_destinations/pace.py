"""InvocationRateLimitPerSecond: a destination is asked no more often than it wants."""

from __future__ import annotations

import threading

from lakestack import clock

DEFAULT_RATE = 300
"""Per second, where a destination has none."""


class Pace:
    """When each destination may be asked next, by its ARN."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}
        self._pause = threading.Event()

    def wait(self, arn: str, rate: int) -> None:
        """Return when a destination may be asked.

        Args:
            rate: most requests in a second
        """
        self._pause.wait(self.reserved(arn, rate, clock.steady()))

    def reserved(self, arn: str, rate: int, now: float) -> float:
        """Take the next turn; seconds until then."""
        with self._lock:
            turn = max(self._next.get(arn, now), now)
            self._next[arn] = turn + 1 / rate
        return turn - now


PACE = Pace()
