"""What a run has counted at the services, kept for as long as it has changed nothing.

A run of a finished lake needs each count twice: to see whether a stage has to be done again, and
to verify the lake. Nothing has come between the two but the run itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["CountedOnce"]

T = TypeVar("T")


class CountedOnce:
    """Counts that are made once between `begin` and `end`, and each time otherwise."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] | None = None

    def begin(self) -> None:
        """Keep what is counted from now on."""
        self._kept = {}

    def end(self) -> None:
        """Forget it: something may be another one from now on."""
        self._kept = None

    def get(self, what: Hashable, count: Callable[[], T]) -> T:
        """What `count` finds, now or before; what is being counted at the end is not kept.

        Args:
            what: names it
            count: counts it
        """
        kept = self._kept
        if kept is None:
            return count()
        if what not in kept:
            kept[what] = count()
        found: T = kept[what]
        return found
