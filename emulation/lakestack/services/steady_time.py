"""LocalStack's timers by a clock that nobody sets.

LocalStack 4.9.2 counts by the wall clock how long a message of a queue stays hidden or delayed, how
old an asynchronous invocation is and when a scheduled task is due. After the clock was set back by
an hour, a retry waits that hour; set forward, a message under way is delivered a second time and
invocations count as too old. These modules get a time that runs on from the emulator's start; what
they show of it (a message's SentTimestamp) does not follow a clock that is set later.
"""

from __future__ import annotations

import importlib
import time
from datetime import datetime, tzinfo
from types import ModuleType
from typing import Any

from lakestack import clock

_START = clock.moment()

SCHEDULER = "localstack.utils.scheduler"
LAMBDA = (
    "localstack.services.sqs.models",
    "localstack.services.sqs.queue",
    "localstack.services.sqs.provider",
    "localstack.services.lambda_.invocation.event_manager",
    "localstack.services.lambda_.invocation.lambda_service",
)
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


_REPLACED: tuple[tuple[str, Any, Any], ...] = (
    ("time", time, SteadyTime()),
    ("datetime", datetime, SteadyDatetime),
)


def install(*modules: str) -> None:
    """Let these modules of LocalStack measure by the steady clock.

    Raises:
        AttributeError: a module no longer uses what is replaced here
    """
    for name in modules:
        module = importlib.import_module(name)
        found = 0
        for attribute, old, new in _REPLACED:
            if getattr(module, attribute, None) is old:
                setattr(module, attribute, new)
                found += 1
        if not found:
            raise AttributeError(f"{name} does not measure time as it did")
