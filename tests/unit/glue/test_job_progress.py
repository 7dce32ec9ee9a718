"""The Glue script tells in its log how far it is."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from spark_jobs.progress import telling_progress


class Context:
    """A SparkContext whose one stage does a task between two looks, up to a number."""

    def __init__(self, tasks: int, looks: int) -> None:
        self.tasks, self.looks, self.seen = tasks, looks, 0
        self.looked = threading.Event()

    def statusTracker(self) -> Context:  # noqa: N802 - Spark's name
        return self

    def getActiveStageIds(self) -> list[int]:  # noqa: N802
        return [3, 4]

    def getStageInfo(self, number: int) -> Any:  # noqa: N802
        if number == 4:
            return None  # it has ended between the two calls
        self.seen += 1
        if self.seen == self.looks:
            self.looked.set()
        done = min(self.seen, self.tasks)
        return SimpleNamespace(stageId=number, numCompletedTasks=done, numTasks=9)


def test_lines_follow_what_moves(capsys: pytest.CaptureFixture[str]) -> None:
    context = Context(tasks=2, looks=5)
    with telling_progress(context, every=0.001):
        assert context.looked.wait(30)
    assert capsys.readouterr().out.splitlines() == [
        "progress: stage 3 1 of 9 tasks",
        "progress: stage 3 2 of 9 tasks",
    ]


def test_a_lost_spark_is_told_once_and_hides_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    told = threading.Event()

    class Lost:
        def statusTracker(self) -> None:  # noqa: N802
            told.set()
            raise ConnectionRefusedError("gone")

    with pytest.raises(RuntimeError, match="the job"), telling_progress(Lost(), every=0.001):
        assert told.wait(30)
        raise RuntimeError("the job")
    assert capsys.readouterr().out == "progress is not known: ConnectionRefusedError: gone\n"
