"""Waiting for a condition, bounded and at the target's pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pipeline.errors import StageTimeoutError

__all__ = ["poll_until"]

T = TypeVar("T")


def poll_until(
    look: Callable[[], T | None],
    *,
    every: float,
    timeout: float,
    what: str,
    hint: str = "",
    position: Callable[[], object] | None = None,
    waiting: Callable[[float], None] | None = None,
) -> T:
    """Call `look` until it returns something other than None, and return that.

    Args:
        look: looks once
        every: seconds between two looks
        timeout: seconds after which to give up; with `position`, seconds without movement
        what: what is waited for, for the error: "the crawler X to finish"
        hint: the next command
        position: where the work is, after a look; while it changes, the wait goes on, however much
            there is to do
        waiting: told after each look in vain for how many seconds it has been waited so far

    Raises:
        StageTimeoutError: `timeout` has passed
    """
    last, since = None, (began := time.monotonic())
    while True:
        found = look()
        if found is not None:
            return found
        if position is not None and (now := position()) != last:
            last, since = now, time.monotonic()
        if time.monotonic() >= since + timeout:
            waited = "Nothing has moved for" if position else "Waited"
            for_what = "while waiting for" if position else "for"
            raise StageTimeoutError(
                f"{waited} {timeout:.0f} s {for_what} {what}.",
                hint or "Look at its logs, then continue with: lake run",
            )
        if waiting is not None:
            waiting(time.monotonic() - began)
        time.sleep(every)
