"""The thread that looks at schedules."""

from __future__ import annotations

import pytest

from lakestack.services.schedules.time import TIME
from lakestack.services.schedules.watch import Watch
from tests.support import wait_until


class Looks:
    def __init__(self, wait: float) -> None:
        self.count, self.wait, self.fails = 0, wait, False

    def __call__(self) -> float:
        self.count += 1
        if self.fails:
            raise ValueError("broken")
        return self.wait


def test_it_looks_when_the_next_is_due() -> None:
    looks = Looks(0.01)
    watch = Watch("test", longest=3600)
    watch.start(looks)
    wait_until(lambda: looks.count > 3)
    looks.wait = 3600


def test_it_looks_when_it_is_woken_and_when_the_time_jumps_and_begins_once() -> None:
    looks, other = Looks(3600), Looks(3600)
    watch = Watch("test", longest=3600)
    watch.start(looks)
    watch.start(other)
    wait_until(lambda: looks.count == 1)
    watch.wake()
    wait_until(lambda: looks.count == 2)
    TIME.advance(1)
    assert looks.count >= 4  # before it, and after it
    wait_until(lambda: looks.count == 5)
    TIME.back()
    wait_until(lambda: looks.count == 6)
    assert other.count == 0


def test_it_goes_on_after_an_error(caplog: pytest.LogCaptureFixture) -> None:
    looks = Looks(3600)
    looks.fails = True
    watch = Watch("schedules of a test", longest=0.01)
    watch.start(looks)
    wait_until(lambda: looks.count > 2)
    looks.fails = False
    assert "schedules of a test" in caplog.text
