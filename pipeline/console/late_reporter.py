"""A reporter that is made when there is something to report.

The one for people draws with rich, and importing rich takes as long as all else that a command with
nothing to report does.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.lake import Reporter

__all__ = ["LateReporter"]


class LateReporter:
    """A `pipeline.lake.Reporter` that passes on to the one that fits where stderr goes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: Reporter | None = None

    def line(self, text: str) -> None:
        self._reporter().line(text)

    def begin(self, stage: str) -> None:
        self._reporter().begin(stage)

    def progress(self, stage: str, text: str, done: float = 0, total: float = 0) -> None:
        self._reporter().progress(stage, text, done, total)

    def end(self, stage: str, text: str, *, ok: bool = True) -> None:
        self._reporter().end(stage, text, ok=ok)

    def waiting(self, what: str, usual: int | None, seconds: float) -> None:
        self._reporter().waiting(what, usual, seconds)

    def _reporter(self) -> Reporter:
        with self._lock:
            if self._made is None:
                from pipeline.console.lake_console import reporter

                self._made = reporter()
            return self._made
