"""Waiting for a condition, bounded and at the target's pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pipeline.errors import StageTimeoutError

__all__ = ["poll_until"]

T = TypeVar("T")


def poll_until(
    look: Callable[[], T | None], *, every: float, timeout: float, what: str, hint: str = ""
) -> T:
    """Call `look` until it returns something other than None, and return that.

    Args:
        every: seconds between two looks
        timeout: seconds after which to give up
        what: what is waited for, for the error: "the crawler X to finish"

    Raises:
        StageTimeoutError: `timeout` has passed
    """
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() >= deadline:
            raise StageTimeoutError(
                f"Waited {timeout:.0f} s for {what}.",
                hint or "Look at its logs, then continue with: lake run",
            )
        time.sleep(every)
