"""One process at a time, for what several may want to make at once."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from lakestack import paths

POLL_SECONDS = 0.05


@contextlib.contextmanager
def alone(file: Path, waiting: Callable[[], None], patience: float = 0.0) -> Iterator[None]:
    """A block that only one process at a time is in; the kernel lets go when a process dies.

    Args:
        file: of the lock; it and its folder are made, and stay
        waiting: is called when another process is in the block; what it raises ends the wait
        patience: seconds before that is called

    Raises:
        OSError: the file cannot be made
    """
    paths.private(file.parent.resolve())
    with file.open("a") as held:
        if not _taken(held, patience):
            waiting()
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _taken(held: IO[str], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
