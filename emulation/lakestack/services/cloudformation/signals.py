"""Signals to resources that wait for them, and how long they wait.

AWS CloudFormation User Guide, "Create wait conditions in a CloudFormation template" (the signal is
JSON with Status, Reason, UniqueId and Data; one that comes again counts once) and Template
Reference, "CreationPolicy attribute".
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SUCCESS, FAILURE = "SUCCESS", "FAILURE"
_LOOK_SECONDS = 0.5
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
MAX_SECONDS = 43_200


@dataclass(frozen=True)
class Signal:
    """One, by whatever way it came."""

    unique_id: str
    status: str
    reason: str = ""
    data: str = ""


class TooFewError(Exception):
    """The time is over; ``args[0]`` is how many signals of success had come."""


class FailureError(Exception):
    """A signal of failure came; ``args[0]`` is the signal."""


class StoppedError(Exception):
    """Nothing more is to be made."""


class Signals:
    """Those of a stack, by what they are sent to: a logical id, or the token of a handle."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._received: dict[str, dict[str, Signal]] = {}

    def add(self, receiver: str, signal: Signal) -> None:
        """Keep a signal; one with a known id changes nothing."""
        with self._changed:
            self._received.setdefault(receiver, {}).setdefault(signal.unique_id, signal)
            self._changed.notify_all()

    def wait(
        self, receiver: str, count: int, seconds: float, stopped: Callable[[], bool]
    ) -> list[Signal]:
        """Wait for so many signals of success.

        Raises:
            FailureError: one of failure came
            StoppedError: `stopped` said so
            TooFewError: not in time
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                received = list(self._received.get(receiver, {}).values())
                for signal in received:
                    if signal.status == FAILURE:
                        raise FailureError(signal)
                if len(received) >= count:
                    return received
                if stopped():
                    raise StoppedError
                if (left := deadline - time.monotonic()) <= 0:
                    raise TooFewError(len(received))
                self._changed.wait(min(left, _LOOK_SECONDS))


def parsed(body: bytes) -> Signal:
    """A signal that came to a handle.

    Raises:
        ValueError: it is none; says what is valid
    """
    given: Any = json.loads(body)
    if not isinstance(given, dict) or given.get("Status") not in (SUCCESS, FAILURE):
        raise ValueError(f"a signal is a JSON object with Status {SUCCESS} or {FAILURE}")
    if not given.get("UniqueId"):
        raise ValueError("a signal has a UniqueId")
    texts = [str(given.get(name) or "") for name in ("Reason", "Data")]
    return Signal(str(given["UniqueId"]), given["Status"], *texts)


def seconds_of(duration: str) -> int:
    """Read a duration such as ``PT15M`` or ``PT1H30M``.

    Raises:
        ValueError: it is none, or longer than twelve hours
    """
    found = _DURATION.fullmatch(duration)
    if found is None or not any(found.groups()):
        raise ValueError(f"Timeout {duration!r} is no duration; valid is one such as PT15M")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if total > MAX_SECONDS:
        raise ValueError(f"Timeout {duration!r} is longer than PT12H")
    return total
