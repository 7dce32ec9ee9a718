"""What has gone wrong inside the emulator since its start, for whoever asks how it is.

A fault is kept here and in the log; `lakestack.services.health_route` shows it. A process that died
and was started again is no reason to stop work, so a fault is open only while something has to
be done.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from lakestack import clock

LOG = logging.getLogger(__name__)

MOST_KEPT = 200
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
CALM_SECONDS = 60.0
"""A thread that has run so long before it fails begins again with the shortest pause."""


@dataclass(frozen=True)
class Fault:
    """Something that ended although it should go on.

    Args:
        subject: what it was, such as ``DynamoDB Local``
        event: what happened to it
        consequence: what that means for the emulator's users
        time: when it was noticed, ISO 8601, UTC
    """

    subject: str
    event: str
    consequence: str
    time: str = field(default_factory=lambda: clock.utc().isoformat(timespec="milliseconds"))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


_kept: deque[tuple[int, Fault]] = deque(maxlen=MOST_KEPT)
_numbers = itertools.count(1)
_lock = threading.Lock()


def record(subject: str, event: str, consequence: str) -> Fault:
    """Keep a fault and log it; the oldest goes when there are more than `MOST_KEPT`."""
    fault = Fault(subject, event, consequence)
    with _lock:
        _kept.append((next(_numbers), fault))
    LOG.error("%s: %s; %s", fault.subject, fault.event, fault.consequence)
    return fault


def recorded() -> tuple[list[Fault], int]:
    """The newest faults, oldest first, and how many there have been."""
    with _lock:
        return [fault for _, fault in _kept], _kept[-1][0] if _kept else 0


def install() -> None:
    """Record every thread that an error ends, instead of only printing it."""

    def note(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is None or issubclass(failed.exc_type, SystemExit):
            return
        name = failed.thread.name if failed.thread else "unknown"
        trace = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        LOG.error("thread %s ended by an error", name, exc_info=trace)
        event = f"{failed.exc_type.__name__}: {failed.exc_value}"
        record(f"thread {name}", event, "what it was doing has ended")

    threading.excepthook = note


def keep_running(
    work: Callable[[], None],
    subject: str,
    stopping: threading.Event,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Call `work` until it returns: an error that nobody foresaw must not end a flow in silence.

    Each error is recorded with its traceback in the log, and `work` is called again after a pause
    that grows from `FIRST_PAUSE` to `LONGEST_PAUSE` seconds.

    Args:
        work: goes on where it was; what it has not finished is still its own
        stopping: set when the flow is to end: no further attempt is made
    """
    pause = FIRST_PAUSE
    while True:
        began = clock()
        try:
            work()
            return
        except Exception as e:
            LOG.exception("%s failed", subject)
            if stopping.is_set():
                record(subject, f"{type(e).__name__}: {e}", "it was ending, and is not tried again")
                return
            if clock() - began >= CALM_SECONDS:
                pause = FIRST_PAUSE
            record(subject, f"{type(e).__name__}: {e}", f"it goes on in {pause:g} s")
        stopping.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
