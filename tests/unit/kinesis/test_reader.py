"""Which shards a reader of a stream may read: parents first, and never none forever."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.clock import Moment
from lakestack.services.kinesis.reader import Lineage, Position
from lakestack.services.kinesis.shard import Shard


class _Stream:
    """A shard and the one that came of it."""

    def __init__(self) -> None:
        self.parent = Shard(0, 0, 2**128 - 1, now=Moment(1.0, 1.0))
        self.child = Shard(1, 0, 2**128 - 1, now=Moment(2.0, 2.0), parents=(self.parent,))
        self.kept = [self.parent, self.child]

    def shards(self) -> list[Shard]:
        return self.kept


@pytest.fixture
def stream() -> Any:
    return _Stream()


def test_a_stream_made_anew_starts_over(stream: Any) -> None:
    lineage, again = Lineage(), _Stream()
    lineage.follow(stream, lambda _: Position(7))
    assert lineage.ready(stream) == [stream.parent]
    lineage.positions[stream.parent.id].ended = True
    lineage.follow(stream, lambda _: Position(8))
    assert lineage.ready(stream) == [stream.child]
    lineage.follow(again, lambda _: Position(9))  # type: ignore[arg-type]
    assert {p.sequence for p in lineage.positions.values()} == {9}


def test_a_shard_that_a_split_made_later_is_read_from_its_start(stream: Any) -> None:
    lineage = Lineage()
    stream.kept = [stream.parent]
    lineage.follow(stream, lambda _: Position(7, ended=True))
    stream.kept = [stream.parent, stream.child]

    assert lineage.ready(stream) == [stream.child]
    assert lineage.positions[stream.child.id].sequence == 0


def test_the_children_of_an_expired_shard_do_not_wait_for_it(stream: Any) -> None:
    lineage = Lineage()
    lineage.follow(stream, lambda _: Position(7))
    stream.kept = [stream.child]

    assert lineage.ready(stream) == [stream.child]


def test_the_children_of_an_expired_shard_wait_while_it_is_read(stream: Any) -> None:
    lineage = Lineage()
    lineage.follow(stream, lambda _: Position(7))
    stream.kept = [stream.child]

    with lineage.positions[stream.parent.id].lock:
        assert lineage.ready(stream) == []
    assert lineage.ready(stream) == [stream.child]
