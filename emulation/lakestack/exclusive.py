"""One process at a time, for what several may want to make at once."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

from lakestack import paths


@contextlib.contextmanager
def alone(file: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """A block that only one process at a time is in; the kernel lets go when a process dies.

    Args:
        file: of the lock; it and its folder are made, and stay
        waiting: is called when another process is in the block

    Raises:
        OSError: the file cannot be made
    """
    paths.private(file.parent.resolve())
    with file.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
