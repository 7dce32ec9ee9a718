"""Routing, splitting, merging and scaling of a stream's shards."""

from __future__ import annotations

import gc
import time
import weakref
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lakestack.clock import Moment
from lakestack.services.firehose.source import KinesisSource
from lakestack.services.kinesis.sequence import HASH_KEYS
from lakestack.services.kinesis.shard import Shard
from lakestack.services.kinesis.store import StreamStore
from lakestack.services.kinesis.stream import TRANSITION_SECONDS, Stream


class Clock:
    def __init__(self) -> None:
        self.now = 1_760_000_000.0
        self.ahead = 0.0

    def __call__(self) -> Moment:
        return Moment(self.now + self.ahead, self.now)

    def settle(self) -> None:
        self.now += TRANSITION_SECONDS + 0.001


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_stream(clock: Clock, shards: int = 1, name: str = "s") -> Stream:
    stream = Stream("000000000000", "us-east-1", name, shard_count=shards, clock=clock)
    clock.settle()
    return stream


def ranges(stream: Stream) -> list[tuple[int, int]]:
    return [(s.first_key, s.last_key) for s in stream.open_shards()]


def assert_covered(stream: Stream) -> None:
    found = ranges(stream)
    assert found[0][0] == 0
    assert found[-1][1] == HASH_KEYS - 1
    assert all(one[1] + 1 == other[0] for one, other in pairwise(found))


def test_states(clock: Clock) -> None:
    stream = Stream("000000000000", "us-east-1", "s", shard_count=1, clock=clock)
    assert stream.status == "CREATING"
    with pytest.raises(ResourceNotFoundException):
        stream.shard("shardId-000000000000")
    clock.settle()
    assert stream.status == "ACTIVE"
    stream.split("shardId-000000000000", HASH_KEYS // 2)
    assert stream.status == "UPDATING"
    with pytest.raises(ResourceInUseException):
        stream.split("shardId-000000000001", HASH_KEYS // 4)
    clock.settle()
    stream.begin_deletion()
    assert stream.status == "DELETING"
    assert not stream.gone
    clock.settle()
    assert stream.gone


@pytest.mark.parametrize("ahead", [-3600.0, 26 * 3600.0])
def test_a_clock_that_is_set_stops_no_stream(clock: Clock, ahead: float) -> None:
    stream = make_stream(clock)
    shard = stream.open_shards()[0]
    stream.put(b"before", "k", None)
    clock.ahead = ahead
    assert stream.status == "ACTIVE"
    stream.put(b"after", "k", None)
    assert stream.trim() == {}
    page = shard.read(0, now=clock(), retention=stream.retention)
    assert [r.data for r in page.records] == [b"before", b"after"]
    stream.split(shard.id, HASH_KEYS // 2)
    clock.settle()
    assert stream.status == "ACTIVE"
    assert len(stream.shards()) == 3
    stream.begin_deletion()
    clock.settle()
    assert stream.gone


def test_the_retention_drops_by_time_and_counts(clock: Clock) -> None:
    stream = make_stream(clock)
    stream.put(b"old", "k", None)
    clock.now += 86_401
    stream.put(b"new", "k", None)
    assert stream.trim() == {"shardId-000000000000": 1}
    assert stream.trim() == {}


def test_explicit_hash_key_decides_the_shard(clock: Clock) -> None:
    stream = make_stream(clock, 2)
    assert stream.put(b"x", "any", "0")[0] == "shardId-000000000000"
    assert stream.put(b"x", "any", str(HASH_KEYS - 1))[0] == "shardId-000000000001"


def test_split_and_merge_keep_lineage(clock: Clock) -> None:
    stream = make_stream(clock)
    stream.split("shardId-000000000000", HASH_KEYS // 2)
    parent, low, high = stream.shards()
    assert (low.parents, high.parents) == ((parent,), (parent,))
    assert stream.children(parent) == [low, high]
    clock.settle()
    stream.merge(high.id, low.id)
    merged = stream.shards()[-1]
    assert merged.parents == (high, low)
    assert ranges(stream) == [(0, HASH_KEYS - 1)]


@pytest.mark.parametrize("key", [0, 1, HASH_KEYS - 1, HASH_KEYS])
def test_split_outside_of_the_shard_is_refused(clock: Clock, key: int) -> None:
    stream = make_stream(clock)
    with pytest.raises(InvalidArgumentException, match="NewStartingHashKey"):
        stream.split("shardId-000000000000", key)
    assert_covered(stream)


def test_merge_of_distant_or_closed_shards_is_refused(clock: Clock) -> None:
    stream = make_stream(clock, 3)
    with pytest.raises(InvalidArgumentException, match="adjacent"):
        stream.merge("shardId-000000000000", "shardId-000000000002")
    stream.merge("shardId-000000000000", "shardId-000000000001")
    clock.settle()
    with pytest.raises(InvalidArgumentException, match="not open"):
        stream.merge("shardId-000000000000", "shardId-000000000002")


@given(st.lists(st.integers(1, 12), min_size=1, max_size=5))
def test_scaling_makes_even_shards(targets: list[int]) -> None:
    clock = Clock()
    stream = make_stream(clock, 4)
    for wanted in targets:
        current = len(stream.open_shards())
        target = min(max(wanted, (current + 1) // 2), 2 * current)
        assert stream.scale(target) == current
        clock.settle()
        sizes = [last - first + 1 for first, last in ranges(stream)]
        assert len(sizes) == target
        assert max(sizes) - min(sizes) <= 1
        assert_covered(stream)


@pytest.mark.parametrize("target", [1, 9])
def test_scaling_beyond_double_or_half_is_refused(clock: Clock, target: int) -> None:
    stream = make_stream(clock, 4)
    with pytest.raises(LimitExceededException, match="cannot scale"):
        stream.scale(target)


def test_closed_shards_expire_with_the_retention(clock: Clock) -> None:
    stream = make_stream(clock)
    stream.split("shardId-000000000000", HASH_KEYS // 2)
    assert len(stream.shards()) == 3
    clock.now += 86_401
    assert [s.number for s in stream.shards()] == [1, 2]


@settings(max_examples=60)
@given(st.data())
def test_firehose_source_reads_everything_once_through_resharding(data: st.DataObject) -> None:
    clock = Clock()
    stream = make_stream(clock, 2)
    stream.put(b"before", "k", None)
    source = KinesisSource(stream, lambda: None)
    written: list[bytes] = []
    seen: list[bytes] = []
    for step in range(data.draw(st.integers(1, 12))):
        action = data.draw(st.sampled_from(["put", "put", "read", "split", "merge"]))
        shards = stream.open_shards()
        if action == "put":
            for i in range(data.draw(st.integers(1, 5))):
                written.append(b"key%d:%d.%d" % (i, step, i))
                stream.put(written[-1], f"key{i}", None)
        elif action == "read":
            seen += [record.data for record in source.read()]
        elif action == "split":
            shard = data.draw(st.sampled_from(shards))
            stream.split(shard.id, _middle(shard))
        elif len(shards) > 1:
            i = data.draw(st.integers(0, len(shards) - 2))
            stream.merge(shards[i].id, shards[i + 1].id)
        clock.settle()
    while records := source.read():
        seen += [record.data for record in records]
    assert sorted(seen) == sorted(written)
    for i in range(5):
        prefix = b"key%d:" % i
        assert [r for r in seen if r.startswith(prefix)] == [
            r for r in written if r.startswith(prefix)
        ], "records of one partition key stay in order"


def test_firehose_source_goes_on_with_a_recreated_stream(clock: Clock) -> None:
    store = StreamStore()
    old = make_stream(clock)
    store.add(old)
    source = KinesisSource(old, lambda: store.find(old.arn))
    old.put(b"old", "k", None)
    old.begin_deletion()
    clock.settle()
    new = make_stream(clock)
    store.add(new)
    new.put(b"new", "k", None)
    assert [record.data for record in source.read()] == [b"old"]
    assert [record.data for record in source.read()] == [b"new"]
    assert not source.ended


def test_firehose_source_lets_go_of_a_deleted_stream(clock: Clock) -> None:
    store = StreamStore()
    stream = make_stream(clock)
    store.add(stream)
    arn, held = stream.arn, weakref.ref(stream)
    source = KinesisSource(stream, lambda: store.find(arn))
    stream.put(b"last", "k", None)
    stream.begin_deletion()
    clock.settle()
    assert [record.data for record in source.read()] == [b"last"]
    assert source.read() == []
    del stream
    store.forget_gone()
    assert held() is None
    assert source.ended
    new = make_stream(clock)
    store.add(new)
    new.put(b"new", "k", None)
    assert [record.data for record in source.read()] == [b"new"]


def test_the_records_of_a_deleted_stream_need_no_collector(clock: Clock) -> None:
    """Objects of a long-lived stream are old, and the collector looks at old ones seldom."""
    store = StreamStore()
    stream = make_stream(clock, shards=2)
    store.add(stream)
    stream.put(b"data", "k", None)
    stream.split(stream.open_shards()[0].id, HASH_KEYS // 4)
    clock.settle()
    held = [weakref.ref(shard) for shard in stream.shards()]
    gc.disable()
    try:
        stream.begin_deletion()
        clock.settle()
        del stream
        store.forget_gone()
        assert [shard() for shard in held] == [None] * 4
    finally:
        gc.enable()


def _middle(shard: Shard) -> int:
    return (shard.first_key + shard.last_key) // 2


def test_putting_and_reading_cost_the_same_at_the_end_of_a_long_stream(clock: Clock) -> None:
    stream = make_stream(clock)
    shard = stream.open_shards()[0]
    puts, reads = [], []
    for start in range(0, 100_000, 1000):
        began = time.thread_time()
        for i in range(start, start + 1000):
            stream.put(b"x", str(i), None)
        puts.append(time.thread_time() - began)
        position = shard.tip()
        stream.put(b"last", "k", None)
        began = time.thread_time()
        for _ in range(100):
            shard.read(position, now=clock(), retention=stream.retention)
        reads.append(time.thread_time() - began)
    # A store that scans what it holds would cost a hundred times as much; bisection costs a few
    # comparisons more, and so may a neighbour who begins to use the processor meanwhile.
    assert min(puts[-20:]) <= 2.5 * min(puts[:20])
    assert min(reads[-20:]) <= 2.5 * min(reads[:20])


def test_store_separates_accounts_and_regions(clock: Clock) -> None:
    store = StreamStore()
    here = make_stream(clock)
    elsewhere = Stream("111111111111", "eu-west-1", "s", shard_count=1, clock=clock)
    store.add(here)
    store.add(elsewhere)
    assert store.get("000000000000", "us-east-1", "s") is here
    assert store.by_arn(elsewhere.arn) is elsewhere
    with pytest.raises(ResourceNotFoundException):
        store.get("111111111111", "us-east-1", "s")
    with pytest.raises(ResourceInUseException):
        store.add(make_stream(clock))


def test_store_forgets_a_deleted_stream(clock: Clock) -> None:
    store = StreamStore()
    stream = make_stream(clock)
    store.add(stream)
    stream.begin_deletion()
    clock.settle()
    store.add(make_stream(clock))
    assert store.get("000000000000", "us-east-1", "s") is not stream


@pytest.mark.parametrize("arn", ["", "x", "arn:aws:s3:::b", "arn:aws:kinesis:r:a:stream/"])
def test_store_refuses_other_arns(arn: str) -> None:
    with pytest.raises(InvalidArgumentException):
        StreamStore().by_arn(arn)
