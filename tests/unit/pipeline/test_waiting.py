"""Long waits: what is waited for, for how long so far, and how long it usually takes."""

from __future__ import annotations

import io
from typing import Any

import pytest

from pipeline.console.lake_console import LakeConsole, PlainReporter, TerminalReporter
from pipeline.lake import Lake
from pipeline.polling import poll_until
from pipeline.settings import STACKS
from pipeline.stages import STAGES
from pipeline.target import open_target
from pipeline.text.durations import ON_AWS, waiting_text
from tests.unit.pipeline.fakes import SilentReporter


@pytest.mark.parametrize(
    ("seconds", "usual", "text"),
    [
        (25, None, "waiting for x: 25 s so far"),
        (89, 15, "waiting for x: 89 s so far, usually about 15 min in all"),
        (90, None, "waiting for x: 2 min so far"),
        (600, 8, "waiting for x: 10 min so far, usually about 8 min in all"),
    ],
)
def test_the_line(seconds: float, usual: int | None, text: str) -> None:
    assert waiting_text("x", seconds, usual) == text


@pytest.mark.parametrize("kind", [PlainReporter, TerminalReporter])
def test_only_long_waits_are_told_and_those_once_a_minute(kind: Any) -> None:
    out = io.StringIO()
    reporter = kind(LakeConsole(file=out, width=200))
    for seconds in (*range(0, 160, 10), *range(0, 30, 10)):  # a second wait for the same
        reporter.waiting("stack x", 15, float(seconds))
    reporter.waiting("job y", None, 19.9)
    times = [line.split(": ")[1].split(" so far")[0] for line in out.getvalue().splitlines()]
    assert times == ["20 s", "80 s", "2 min", "20 s"]


def test_each_look_in_vain_is_told_with_its_time() -> None:
    looks = iter([None, None, "there"])
    told: list[float] = []
    found = poll_until(
        lambda: next(looks),
        every=0.01,
        patience=5,
        what="the moon",
        position=dict,
        waiting=told.append,
    )
    assert found == "there"
    assert len(told) == 2
    assert 0 <= told[0] < told[1]


def test_a_lake_tells_its_reporter() -> None:
    reporter = SilentReporter()
    lake = Lake.open(open_target("local", environ={}), reporter)
    looks = iter([None, True])
    assert lake.poll(lambda: next(looks), 5, "job y", dict, usual=4)
    assert reporter.lines == ["waiting for job y 4 0"]
    assert lake.stacks.waiting == reporter.waiting


def test_what_takes_long_has_a_name_that_is_waited_for() -> None:
    assert set(ON_AWS) <= {*STACKS, *(stage.name for stage in STAGES)}
    assert set(STACKS) <= set(ON_AWS)
