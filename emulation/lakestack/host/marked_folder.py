"""A folder of processes that are marked with it: its lock, its log, and what a crash left of them.

The emulator and a Spark cluster each have one for each port.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from lakestack import marks, paths
from lakestack.errors import EmulationError

LOG_TAIL = 15
STRAYS_SECONDS = 3


@contextlib.contextmanager
def locked(folder: Path, remedy: str) -> Iterator[None]:
    """Make a folder for the owner alone where there is none, and have it to oneself.

    Args:
        folder: of the processes
        remedy: the next command for who cannot use it

    Raises:
        EmulationError: it cannot be used
    """
    try:
        if folder.parent == paths.own_home():
            paths.private(folder.parent)
        paths.private(folder)
        lock = os.fdopen(os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600), "w")
    except OSError as e:
        raise EmulationError(f"cannot use {folder}: {e.strerror or e}", remedy) from e
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it when a process dies
        yield


def lives(pid: int, created: float) -> bool:
    """Whether a process with that id and start time, in seconds since 1970, lives."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE
        return bool(alive and abs(process.create_time() - created) < 1)
    return False


def tail(log: Path) -> str:
    """The end of a log, to go on a sentence with; "" when nothing is in it."""
    lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
    return "; the end of its log:\n  " + "\n  ".join(lines) if lines else ""


def end_strays(folder: Path) -> int:
    """End processes with the mark of this folder that a crash left behind; returns how many."""
    ours = marks.marked(marks.EMULATOR, str(folder))
    strays = [process for process in ours if process.pid != os.getpid()]
    end_all(strays, STRAYS_SECONDS)
    return len(strays)


def end_all(processes: list[psutil.Process], timeout: float) -> None:
    """SIGTERM, and SIGKILL for what is still there; one that was stopped goes on to see them."""
    for number, wait in ((signal.SIGTERM, timeout), (signal.SIGKILL, 5.0)):
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
                process.send_signal(signal.SIGCONT)
        _, processes = psutil.wait_procs(processes, timeout=wait)


def for_the_owner(path: str, flags: int) -> int:
    """An opener of files that nobody else can read."""
    return os.open(path, flags, 0o600)
