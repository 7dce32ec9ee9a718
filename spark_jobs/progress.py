"""Tells in the job's log how far Spark is: whoever waits for the run sees whether it moves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EVERY_SECONDS = 10.0


@contextmanager
def telling_progress(context: Any, every: float = EVERY_SECONDS) -> Iterator[None]:
    """While the block runs, print at intervals which stages have done how many of their tasks.

    Args:
        context: a SparkContext
        every: seconds between two looks; a line follows only if something has moved
    """
    ended = threading.Event()
    thread = threading.Thread(target=_tell, args=(context, every, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _tell(context: Any, every: float, ended: threading.Event) -> None:
    before = ""
    while not ended.wait(every):
        try:
            now = _standing(context.statusTracker())
        except Exception as error:  # the job goes on without; its own calls fail if Spark is gone
            print(f"progress is not known: {type(error).__name__}: {error}", flush=True)
            return
        if now and now != before:
            print(f"progress: {now}", flush=True)
        before = now


def _standing(tracker: Any) -> str:
    stages = [tracker.getStageInfo(number) for number in sorted(tracker.getActiveStageIds())]
    return ", ".join(
        f"stage {stage.stageId} {stage.numCompletedTasks} of {stage.numTasks} tasks"
        for stage in stages
        if stage is not None
    )
