"""Waiting for a condition at the target's pace, as long as something moves.

How long work takes grows with the data, so no clock ends a wait: it ends when nothing that counts
as progress has changed for a while. What ends work that moves forever is the service's own limit
(AWS Glue's Timeout, Amazon SageMaker's StoppingCondition).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

from pipeline.errors import StageTimeoutError

__all__ = ["Position", "poll_until"]

T = TypeVar("T")

Position = Mapping[str, object]
"""Where work is: values by name, such as ``{"rows": 1200, "state": "running"}``. Any change of any
of them is movement, so nothing that merely counts time belongs in it."""

_SAMPLES: Final = 20
"""Times that the position is asked for while nothing moves, as it may cost calls of its own."""
_LONGEST_VALUE: Final = 120


def poll_until(
    look: Callable[[], T | None],
    *,
    every: float,
    patience: float,
    what: str,
    position: Callable[[], Position],
    hint: str = "",
    waiting: Callable[[float], None] | None = None,
) -> T:
    """Call `look` until it returns something other than None, and return that.

    Args:
        look: looks once
        every: seconds between two looks
        patience: seconds without movement after which to give up
        what: what is waited for, for the error: "the crawler X to finish"
        position: where the work is; called after a look, seldom, and not for waits that soon end
        hint: the next command
        waiting: told after each look in vain for how many seconds it has been waited so far

    Raises:
        StageTimeoutError: nothing has moved for `patience` seconds; names the position
    """
    last: Position | None = None
    since = asked = began = time.monotonic()
    while True:
        found = look()
        if found is not None:
            return found
        now = time.monotonic()
        if now >= min(asked + patience / _SAMPLES, since + patience):
            asked = now
            if (at := position()) != last:
                last, since = at, now
        if now >= since + patience:
            raise StageTimeoutError(
                f"Nothing has moved for {patience:.0f} s while waiting for {what}"
                f"{_standing(last, now - since)}.",
                hint or "Look at its logs, then continue with: lake run",
            )
        if waiting is not None:
            waiting(now - began)
        time.sleep(every)


def _standing(position: Position | None, seconds: float) -> str:
    """What stands still, at which value and since when."""
    if not position:
        return ""
    since = datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds, UTC)
    values = ", ".join(f"{name} {_text(value)}" for name, value in position.items())
    return f"; since {since:%H:%M:%S} UTC: {values}"


def _text(value: object) -> str:
    text = f"{value:,}" if type(value) is int else " ".join(str(value).split()) or "none"
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
