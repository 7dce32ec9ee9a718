"""Tumbling windows: states handed on from batch to batch, and each window's end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from lakestack.clock import Moment, moment
from lakestack.services.kinesis.reader import Position
from lakestack.services.kinesis.shard import Shard
from lakestack.services.lambda_ import kinesis_consumer, tumbling_window
from lakestack.services.lambda_.kinesis_batches import Event
from lakestack.services.lambda_.kinesis_consumer import (
    GivenUp,
    MappingSettings,
    Outcome,
    ShardConsumer,
)

START = 1_000_000_000.0  # a window of 10 s begins here


class Summing:
    """A function that counts the records of a window.

    Args:
        fails: of the number of a call, whether it fails
    """

    def __init__(self, fails: Callable[[int], bool] = lambda _call: False) -> None:
        self._fails = fails
        self.calls: list[dict[str, Any]] = []
        self.finals: list[Any] = []
        self.given_up: list[int] = []

    def prepare(self, events: list[Event]) -> list[Event]:
        return events

    def invoke(self, events: list[Event], window: dict[str, Any] | None = None) -> Outcome:
        assert window is not None
        self.calls.append({**window, "records": len(events)})
        if self._fails(len(self.calls)):
            return Outcome("Unhandled", None)
        if window["isFinalInvokeForWindow"]:
            self.finals.append(window["state"].get("count"))
            return Outcome(None, None)
        return Outcome(None, {"state": {"count": window["state"].get("count", 0) + len(events)}})

    def give_up(self, shard_id: str, given_up: GivenUp) -> None:  # noqa: ARG002
        self.given_up.append(len(given_up.events))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinesis_consumer, "FIRST_BACKOFF", 0.0005)
    monkeypatch.setattr(kinesis_consumer, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(kinesis_consumer, "MAX_BACKOFF", 0.001)


def run(function: Summing, seconds: list[float], **settings: Any) -> Position:
    """Read a closed shard, whose records came so long after the first window's begin."""
    now = moment()
    shard = Shard(0, 0, 2**128 - 1, now=Moment(START, now.steady))
    for after in seconds:
        shard.put(b"{}", "k", now=Moment(START + after, now.steady))
    shard.close(Moment(START + seconds[-1], now.steady))
    position = Position(0)
    made = MappingSettings(tumbling=10, **settings)
    clock = lambda: Moment(START + seconds[-1], now.steady)  # noqa: E731 - one of its uses
    ShardConsumer(shard, position, made, function, threading.Event(), clock=clock).run()
    return position


def test_each_window_ends_with_the_sum_of_its_own_records() -> None:
    function = Summing()

    position = run(function, [1, 2, 9.9, 10, 11, 35], batch_size=2)

    assert function.finals == [3, 2, 1]
    assert [call["records"] for call in function.calls] == [2, 1, 0, 1, 1, 0, 1, 0]
    assert function.calls[0] == {
        "window": {"start": "2001-09-09T01:46:40Z", "end": "2001-09-09T01:46:50Z"},
        "state": {},
        "shardId": "shardId-000000000000",
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
        "records": 2,
    }
    assert position.window is None


def test_a_batch_that_fails_is_tried_again_with_the_same_state() -> None:
    function = Summing(lambda call: call in (2, 4))

    run(function, [1, 2, 3], batch_size=1)

    assert [call["state"] for call in function.calls] == [
        *({}, {"count": 1}, {"count": 1}, {"count": 2}, {"count": 2}),
        {"count": 3},
    ]
    assert function.finals == [3]


def test_records_that_are_given_up_leave_the_state_as_it_was() -> None:
    function = Summing(lambda call: call in (2, 3))

    run(function, [1, 2, 3], batch_size=1, max_retries=1)

    assert function.given_up == [1]
    assert function.finals == [2]


def test_an_answer_without_a_state_is_a_failure() -> None:
    function = Summing()
    answers = iter([Outcome(None, None), Outcome(None, {"state": [1]})])
    summed = function.invoke

    def invoke(events: list[Event], window: dict[str, Any] | None = None) -> Outcome:
        return next(answers, None) or summed(events, window)

    function.invoke = invoke  # type: ignore[method-assign]

    run(function, [1])

    assert function.finals == [1]


def test_a_state_that_is_too_large_ends_its_window_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tumbling_window, "MAX_STATE_BYTES", len('{"count": 9}') - 1)
    function = Summing()

    run(function, [1, 2], batch_size=1)

    assert [call["isWindowTerminatedEarly"] for call in function.calls] == [False, True] * 2
    assert function.finals == [1, 1]


def test_an_open_window_ends_when_its_time_is_over_though_nothing_comes() -> None:
    now, function, stopping = moment(), Summing(), threading.Event()
    shard = Shard(0, 0, 2**128 - 1, now=Moment(START, now.steady))
    shard.put(b"{}", "k", now=Moment(START + 1, now.steady))
    times = iter([START + 2, START + 2, START + 2])

    def clock() -> Moment:
        if function.finals:
            stopping.set()
        return Moment(next(times, START + 10), now.steady)

    ShardConsumer(
        shard, Position(0), MappingSettings(tumbling=10), function, stopping, clock=clock
    ).run()

    assert function.finals == [1]
