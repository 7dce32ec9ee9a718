"""Who started the emulator, and when its end is the emulator's own.

Standard input is a pipe whose other end the starter holds. Until the start is over that holds for
every emulator: a starter that is killed in the middle leaves nothing. Then one that is to run on is
released by a line; another one ends with its owner, and a folder that was made for it alone goes,
too, since nobody is left to remove it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import threading
from pathlib import Path

from lakestack import marks

END_SECONDS = 20.0
"""For a clean end, with a last save of a state that is kept."""


def watch() -> None:
    """Begin to look after the owner, in the background."""
    kind = os.environ.get(marks.OWNED)
    if kind is not None:
        threading.Thread(target=_watch, args=(kind,), name="owner-watch", daemon=True).start()


def _watch(kind: str) -> None:
    """Wait until nobody holds the other end of standard input, then end as by SIGTERM."""
    released = False
    while said := os.read(0, 64):
        released = released or said.startswith(marks.RELEASED)
    if released:
        return
    if kind == marks.OWNED_WITH_FOLDER:
        # The folder of the caller's TemporaryDirectory, which nobody else will remove.
        atexit.register(shutil.rmtree, Path(os.environ[marks.EMULATOR]).parent, ignore_errors=True)
    if kind != marks.OWNED_AT_START:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(END_SECONDS)  # this thread ends with the process
    # While it starts, LocalStack takes no notice of SIGTERM, and nothing is there to be saved.
    os.kill(os.getpid(), signal.SIGKILL)
