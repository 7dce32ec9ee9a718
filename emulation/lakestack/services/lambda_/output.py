"""What a function writes, on its way to CloudWatch Logs: lines, limits, the tail."""

from __future__ import annotations

from collections.abc import Callable

from lakestack import clock
from lakestack.services.logs.batches import pieces

Event = tuple[int, str]
"""(milliseconds since 1970, one line)."""

MAX_BYTES = 4 * 1024 * 1024
"""Output kept of one invocation. AWS keeps all and bills it; here it is memory."""

TAIL_BYTES = 4096
"""AWS Lambda API Reference, "Invoke": LogResult is the last 4 KB of the log."""


class InvocationLog:
    """The log of one invocation, handed on in batches while it grows.

    Args:
        emit: receives finished lines
        limit: bytes of output kept; what comes after is counted and the log says so
    """

    def __init__(self, emit: Callable[[list[Event]], None], limit: int = MAX_BYTES) -> None:
        self._emit = emit
        self._room = limit
        self._limit = limit
        self._dropped = 0
        self._partial = b""
        self._events: list[Event] = []
        self._tail = ""

    @property
    def tail(self) -> str:
        """The last 4 KB."""
        return self._tail

    def feed(self, chunk: bytes) -> None:
        """Take output of the function, cut anywhere."""
        kept = chunk[: self._room]
        self._room -= len(kept)
        self._dropped += len(chunk) - len(kept)
        if not kept:
            return
        *lines, self._partial = (self._partial + kept).split(b"\n")
        for line in lines:
            self._append(line)
        *whole, self._partial = pieces(self._partial) or [b""]
        for piece in whole:
            self._append(piece)

    def line(self, text: str) -> None:
        """Add a line of the platform (START, END, REPORT), which no limit cuts."""
        self._end_line()
        self._add(text)

    def flush(self) -> None:
        """Hand on the finished lines."""
        if self._events:
            events, self._events = self._events, []
            self._emit(events)

    def end_output(self) -> None:
        """Close the function's part: the last line, and what was dropped."""
        self._end_line()
        if self._dropped:
            self._add(
                f"[LOG TRUNCATED] the emulator keeps {self._limit} bytes of output per invocation; "
                f"{self._dropped} bytes more were dropped"
            )
            self._dropped = 0

    def _end_line(self) -> None:
        line, self._partial = self._partial, b""
        self._append(line)

    def _append(self, raw: bytes) -> None:
        for piece in pieces(raw):
            text = piece.decode(errors="replace").rstrip("\r")
            if text:  # CloudWatch Logs refuses empty events
                self._add(text)

    def _add(self, text: str) -> None:
        self._events.append((clock.wall_ms(), text))
        # Cut by bytes, as AWS does; a character may be lost at the seam.
        self._tail = f"{self._tail}{text}\n".encode()[-TAIL_BYTES:].decode(errors="ignore")
