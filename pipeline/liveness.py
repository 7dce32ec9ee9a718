"""Whether a target that takes connections also answers.

A process that a signal has stopped, or that is in a deadlock, has its connections taken by the
kernel and says nothing: every call then waits for minutes. A target that can come to that says in
`Target.silence` how long a silence is no longer a delay. It is asked before a command's work, and
beside it while the command is at work.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pipeline.errors import TargetSilentError
from pipeline.target import Target

__all__ = ["Watch", "is_silent", "require_answer"]

EVERY: Final = 2.0
"""Seconds between two questions."""


def is_silent(endpoint: str, seconds: float) -> bool:
    """Whether nobody answers there within `seconds`, though connections are not refused.

    Any answer is one, an error of HTTP or of TLS too.
    """
    place = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=seconds)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except TimeoutError:
        return True
    except (OSError, http.client.HTTPException):
        return False  # refused or broken off, which whoever works there meets at once
    finally:
        connection.close()
    return False


def require_answer(target: Target) -> None:
    """Return if the target answers, or refuses connections.

    Raises:
        TargetSilentError: it takes them and does not answer
    """
    if target.endpoint is None or target.silence is None:
        return
    if is_silent(target.endpoint, target.silence.seconds):
        raise silent(target, target.silence.seconds)


def silent(target: Target, seconds: float) -> TargetSilentError:
    """The error that says for how long a target has been silent."""
    hint = target.silence.hint if target.silence else ""
    return TargetSilentError(
        f"The {target.name} target takes connections at {target.endpoint} but does not answer: "
        f"it has been silent for {seconds:.0f} s.",
        hint,
    )


@dataclass
class Watch:
    """Asks a target at intervals, in a thread of its own, until `stop`.

    Args:
        say: told once when the target stops answering, and once when it answers again
        give_up: called at most once, when it has been silent for `patience` seconds; calls that
            wait for its answers cannot be ended otherwise than with the process
    """

    target: Target
    patience: float
    say: Callable[[str], None]
    give_up: Callable[[TargetSilentError], None]
    every: float = EVERY

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="target-watch", daemon=True)

    def start(self) -> None:
        """Begin, if this target can fall silent."""
        if self.target.endpoint is not None and self.target.silence is not None:
            self._thread.start()

    def stop(self) -> None:
        """Ask no more; returns at once."""
        self._ended.set()

    def _run(self) -> None:
        endpoint, silence = self.target.endpoint, self.target.silence
        assert endpoint is not None  # noqa: S101 - start() sees to it
        assert silence is not None  # noqa: S101
        answered, told = time.monotonic(), False
        while not self._ended.wait(self.every):
            asked = time.monotonic()
            if not is_silent(endpoint, min(silence.seconds, self.patience)):
                if told:
                    self.say(f"the target answers again, after {asked - answered:.0f} s of silence")
                answered, told = time.monotonic(), False
                continue
            if self._ended.is_set():
                return
            quiet = time.monotonic() - answered
            if quiet >= self.patience:
                self.give_up(silent(self.target, quiet))
                return
            if not told:
                self.say(
                    f"the target has not answered for {quiet:.0f} s; waiting until "
                    f"{self.patience:.0f} s. {silence.hint}"
                )
                told = True
