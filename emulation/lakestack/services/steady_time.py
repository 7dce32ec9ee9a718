"""LocalStack's timers by a clock that nobody sets.

LocalStack 4.9.2 counts by the wall clock how long a message of a queue stays hidden or delayed, how
old an asynchronous invocation is and when a scheduled task is due. After the clock was set back by
an hour, a retry waits that hour; set forward, a message under way is delivered a second time and
invocations count as too old. These modules get a time that runs on from the emulator's start; what
they show of it (a message's SentTimestamp) does not follow a clock that is set later.
"""

from __future__ import annotations

import time
from datetime import datetime, tzinfo
from types import ModuleType
from typing import Any

from lakestack import clock, patches
from lakestack.patches.many import STEADY

_START = clock.moment()

SCHEDULER = "localstack.utils.scheduler"
LAMBDA = tuple(module for module in STEADY if module != SCHEDULER)
"""What asynchronous invocations pass through."""


def seconds() -> float:
    """Unix seconds at the emulator's start, and the steady clock's seconds since then."""
    return _START.wall + (clock.steady() - _START.steady)


class SteadyDatetime(datetime):
    """`datetime` whose present does not jump."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> SteadyDatetime:
        return cls.fromtimestamp(seconds(), tz)


class SteadyTime(ModuleType):
    """The module `time`, whose `time()` does not jump."""

    def __init__(self) -> None:
        super().__init__("time")

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    time = staticmethod(seconds)


_STEADY: dict[str, Any] = {"time": SteadyTime(), "datetime": SteadyDatetime}


def install(*modules: str) -> None:
    """Let these modules of LocalStack measure by the steady clock.

    Raises:
        PatchError: a module no longer uses what is replaced here
    """
    for module in modules:
        for name in STEADY[module]:
            patches.replace(f"steady_time.{module}:{name}", _STEADY[name])
