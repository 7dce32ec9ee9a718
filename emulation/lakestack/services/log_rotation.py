"""The emulator's log stays bounded: what is full moves to ``emulator.log.1``.

The log is this process's standard output, which child processes share: nobody can be told to open
another file. The file is copied and emptied instead; everybody appends to it, so what comes next
stands at its start. A line written between the two is the price (logrotate(8), "copytruncate").
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import sys
import threading
from pathlib import Path

LOG = logging.getLogger(__name__)

MAX_BYTES = 32 * 1024 * 1024
PERIOD_SECONDS = 5.0


def rotate(log: Path, max_bytes: int = MAX_BYTES) -> bool:
    """Move a log that has reached its size aside; return whether it had."""
    if log.stat().st_size < max_bytes:
        return False
    older = log.with_name(f"{log.name}.1")
    copy = log.with_name(f"{log.name}.new")
    shutil.copy(log, copy)  # with its mode: the log is for its owner
    copy.replace(older)
    os.truncate(log, 0)
    return True


def install(log: Path, period: float = PERIOD_SECONDS) -> None:
    """Look at the log at intervals, if it is what this process writes to."""
    try:
        ours = os.fstat(sys.stdout.fileno())
        found = log.stat()
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(ours.st_mode) or (ours.st_dev, ours.st_ino) != (found.st_dev, found.st_ino):
        return

    def watch() -> None:
        pause = threading.Event()
        while not pause.wait(period):
            try:
                rotate(log)
            except OSError as e:
                LOG.warning("the log %s cannot be rotated: %s", log, e)

    threading.Thread(target=watch, name="log-rotation", daemon=True).start()
