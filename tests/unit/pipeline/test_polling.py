"""A wait ends when nothing has moved for a while, however long all of it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline import polling
from pipeline.errors import StageTimeoutError
from pipeline.polling import poll_until


class Clock:
    """The module `time`, in which sleeping takes no time."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(polling, "time", made)
    return made


def wait(look: Callable[[], Any], position: Callable[[], Any], patience: float = 30) -> Any:
    return poll_until(look, every=10, patience=patience, what="the load", position=position)


def test_a_wait_without_patience_looks_once(clock: Clock) -> None:
    with pytest.raises(StageTimeoutError) as raised:
        wait(lambda: None, dict, 0)
    assert raised.value.message == "Nothing has moved for 0 s while waiting for the load."
    assert clock.now == 0


def test_a_wait_goes_on_while_something_moves_and_ends_when_nothing_does(clock: Clock) -> None:
    """A fixed limit fails for data that is ten times larger, with all well."""
    rows = 0

    def load(until: int) -> bool | None:
        nonlocal rows
        rows = min(rows + 1, until)
        return True if rows == 1000 else None

    assert wait(lambda: load(1000), lambda: {"rows": rows})
    assert clock.now > 9000
    rows, clock.now = 0, 0.0
    with pytest.raises(StageTimeoutError):
        wait(lambda: load(100), lambda: {"rows": rows})
    assert 1000 <= clock.now <= 1040


def test_any_of_several_values_is_movement(clock: Clock) -> None:
    def position() -> dict[str, object]:
        at = int(clock.now)
        return {"rows": 7, "state": "copying" if at < 500 else "ending", "bytes": min(at, 300)}

    with pytest.raises(StageTimeoutError):
        wait(lambda: None, position, 250)
    assert 750 <= clock.now <= 780


def test_what_stands_still_is_named_with_its_value_and_since_when(clock: Clock) -> None:
    with pytest.raises(StageTimeoutError) as raised:
        wait(lambda: None, lambda: {"rows loaded": 12_345, "task": "running", "log": "x\n" * 99})
    message = raised.value.message
    beginning, _, at = message.partition(" UTC: ")
    assert beginning.startswith("Nothing has moved for 30 s while waiting for the load; since ")
    assert at.startswith("rows loaded 12,345, task running, log x x x ")
    assert len(at) < 200


def test_the_position_is_asked_for_seldom(clock: Clock) -> None:
    """It may cost calls of its own."""
    asked: list[float] = []

    def position() -> dict[str, object]:
        asked.append(clock.now)
        return {"rows": len(asked)}

    wait(lambda: True if clock.now >= 10_000 else None, position, 2_000)
    assert 50 <= len(asked) <= 100


def test_a_short_wait_asks_for_no_position(clock: Clock) -> None:
    def never() -> dict[str, object]:
        raise AssertionError("asked")

    assert wait(lambda: True if clock.now >= 20 else None, never, 2_000)
