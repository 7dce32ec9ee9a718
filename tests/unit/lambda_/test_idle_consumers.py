"""A shard in which nothing comes costs nothing; what comes is delivered at once."""

from __future__ import annotations

import functools
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lakestack import clock
from lakestack.services.kinesis.reader import Lineage, Position
from lakestack.services.kinesis.shard import Page, Shard
from lakestack.services.kinesis.stream import Stream
from lakestack.services.lambda_ import kinesis_consumer
from lakestack.services.lambda_.kinesis_batches import Event
from lakestack.services.lambda_.kinesis_consumer import (
    GivenUp,
    MappingSettings,
    Outcome,
    ShardConsumer,
)
from tests.support import wait_until


class Function:
    """A target that notes when it is sent what."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, list[str]]] = []

    def prepare(self, events: list[Event]) -> list[Event]:
        return events

    def invoke(self, events: list[Event], window: Any = None) -> Outcome:  # noqa: ARG002
        keys = [event["kinesis"]["partitionKey"] for event in events]
        self.calls.append((clock.steady(), keys))
        return Outcome(None)

    def has_been_called(self, times: int) -> bool:
        return len(self.calls) >= times

    def give_up(self, shard_id: str, given_up: GivenUp) -> None:
        raise AssertionError((shard_id, given_up))


@pytest.fixture
def stream() -> Stream:
    return Stream("000000000000", "eu-west-1", "s", shard_count=1)


@contextmanager
def _consumer(
    stream: Stream, function: Function, window: float = 0
) -> Iterator[tuple[Lineage, threading.Event, threading.Thread]]:
    lineage = Lineage()
    lineage.follow(stream, lambda shard: Position(shard.tip()))
    (shard,) = lineage.ready(stream)
    stopping = threading.Event()
    position = lineage.positions[shard.id]
    consumer = ShardConsumer(
        shard,
        position,
        MappingSettings(window=window),
        function,
        stopping,
        deleted=stream.deleted.is_set,
    )
    thread = threading.Thread(target=consumer.run, daemon=True)
    thread.start()
    wait_until(position.lock.locked)
    yield lineage, stopping, thread
    stopping.set()
    lineage.wake()
    thread.join(10)


@pytest.fixture
def _seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but being woken makes a consumer look within the time of a test."""
    monkeypatch.setattr(kinesis_consumer, "LOOK_SECONDS", 600.0)


@pytest.mark.usefixtures("_seldom")
def test_it_does_not_look_while_nothing_comes(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, read = itertools.count(), Shard.read

    def counted(self: Shard, *given: Any, **options: Any) -> Page:
        next(looks)
        return read(self, *given, **options)

    monkeypatch.setattr(Shard, "read", counted)
    function = Function()
    with _consumer(stream, function):
        time.sleep(0.5)
        assert next(looks) <= 1
        stream.put(b"x", "k", None)
        wait_until(lambda: function.calls, every=0.005)


@pytest.mark.usefixtures("_seldom")
@pytest.mark.parametrize("window", [0.0, 0.2])
def test_a_record_is_delivered_when_it_comes(stream: Stream, window: float) -> None:
    function = Function()
    with _consumer(stream, function, window):
        for n in range(3):
            began = clock.steady()
            stream.put(b"x", str(n), None)
            wait_until(functools.partial(function.has_been_called, n + 1), every=0.005)
            at, keys = function.calls[n]
            assert keys == [str(n)]
            # Far above what it takes, for a machine that is busy; far below a look.
            assert window <= at - began < window + 5


@pytest.mark.usefixtures("_seldom")
def test_records_that_come_one_after_another_share_a_batch(stream: Stream) -> None:
    function = Function()
    with _consumer(stream, function):
        stream.put(b"x", "a", None)
        stream.put(b"x", "b", None)
        stream.put_all([{"Data": b"x", "PartitionKey": key} for key in "cd"])
        wait_until(lambda: function.calls, every=0.005)
    assert [keys for _, keys in function.calls] == [["a", "b", "c", "d"]]


@pytest.mark.usefixtures("_seldom")
@pytest.mark.parametrize("end", ["stop", "abandon", "delete"])
def test_it_ends_when_it_is_told(stream: Stream, end: str) -> None:
    with _consumer(stream, Function()) as (lineage, stopping, thread):
        if end == "stop":
            stopping.set()
            lineage.wake()
        elif end == "abandon":
            lineage.abandon()
        else:
            stream.begin_deletion()
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.usefixtures("_seldom")
def test_a_shard_that_is_split_is_read_to_its_end(stream: Stream) -> None:
    wait_until(lambda: stream.status == "ACTIVE", every=0.01)
    with _consumer(stream, Function()) as (lineage, _, thread):
        shard = stream.open_shards()[0]
        stream.split(shard.id, 2**127)
        thread.join(10)
        assert lineage.positions[shard.id].ended
