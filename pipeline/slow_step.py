"""A step that is shown only when it takes long enough to be asked about."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final

from pipeline.lake import Reporter

__all__ = ["SlowStep"]

QUICK_SECONDS: Final = 2.0


class SlowStep:
    """Context manager whose value takes progress: a text, how much is done, and of how much.

    Args:
        reporter: where the step is shown
        name: of the step
    """

    def __init__(self, reporter: Reporter, name: str) -> None:
        self._reporter, self._name = reporter, name
        self._began = time.monotonic()
        self._shown = False

    def __enter__(self) -> SlowStep:
        return self

    def __call__(self, text: str, done: float = 0, total: float = 0) -> None:
        """Tell where the step is."""
        if not self._shown and time.monotonic() - self._began >= QUICK_SECONDS:
            self._reporter.begin(self._name)
            self._shown = True
        if self._shown:
            self._reporter.progress(self._name, text, done, total)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            text = "complete" if error is None else (str(error).splitlines() or [""])[0]
            self._reporter.end(self._name, text, ok=error is None)
