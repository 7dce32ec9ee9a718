"""Marks in the environment of what the emulator starts, by which stray processes are found."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil

EMULATOR = "LAKE_EMULATOR"
"""The emulator that a process belongs to."""

PROCESS = "LAKE_PROCESS"
"""The job, container or function that a process belongs to."""


OWNED = "LAKE_OWNED"
"""Set where the emulator ends with whoever started it, whose end its standard input tells.

The value is one of the next two, or anything else: for as long as the owner lives.
"""
OWNED_AT_START = "start"
"""Until it is released by the line `RELEASED`, when it is ready."""
OWNED_WITH_FOLDER = "folder"
"""And the home folder, which is its own, goes with it."""
RELEASED = b"released\n"


def marked(mark: str, value: str) -> Iterator[psutil.Process]:
    """The processes that carry a mark with this value, whatever has become of their parents."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(mark) == value:
                yield process


def kill_marked(mark: str, value: str) -> None:
    """End them at once."""
    for process in marked(mark, value):
        with contextlib.suppress(psutil.Error):
            process.kill()
