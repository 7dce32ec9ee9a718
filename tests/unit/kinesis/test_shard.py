"""Sequence numbers, the record list of a shard, iterator tokens."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from localstack.aws.api.kinesis import ExpiredIteratorException, InvalidArgumentException

from lakestack.clock import Moment
from lakestack.services.kinesis.iterator import ShardIterator
from lakestack.services.kinesis.sequence import (
    HASH_KEYS,
    SequenceParts,
    decode_sequence,
    encode_sequence,
    even_ranges,
    hash_key,
    shard_id,
)
from lakestack.services.kinesis.shard import Shard, ShardClosedError

DAY = 86_400.0
NOW = 1_760_000_000.0

seconds = st.integers(0, 2**40 - 1)


@given(seconds, st.integers(0, 2**64 - 1), seconds, st.integers(0, 2**32 - 1))
def test_sequence_number_round_trip(epoch: int, position: int, second: int, shard: int) -> None:
    parts = SequenceParts(epoch, position, second, shard)
    number = encode_sequence(parts)
    assert decode_sequence(number) == parts
    assert len(str(number)) == 56


@pytest.mark.parametrize("number", [0, 1, -5, 10**70])
def test_foreign_sequence_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not a sequence number"):
        decode_sequence(number)


def test_hash_key_is_the_md5_of_the_partition_key() -> None:
    # printf abc | md5sum
    assert hash_key("abc") == int("900150983cd24fb0d6963f7d28e17f72", 16)


@given(st.integers(1, 300))
def test_even_ranges_cover_every_hash_key_once(count: int) -> None:
    ranges = even_ranges(count)
    assert len(ranges) == count
    assert ranges[0][0] == 0
    assert ranges[-1][1] == HASH_KEYS - 1
    assert all(one[1] + 1 == other[0] for one, other in pairwise(ranges))


def test_shard_ids() -> None:
    assert shard_id(0) == "shardId-000000000000"
    assert shard_id(12) == "shardId-000000000012"


def at(seconds: float, ahead: float = 0) -> Moment:
    """Return a moment whose wall clock has been set forward by `ahead` seconds."""
    return Moment(seconds + ahead, seconds - NOW)


def make_shard(now: float = NOW) -> Shard:
    return Shard(0, 0, HASH_KEYS - 1, now=at(now))


def put(shard: Shard, data: bytes, now: float = NOW, ahead: float = 0) -> int:
    return shard.put(data, "k", now=at(now, ahead))


def read(shard: Shard, position: int = 0, now: float = NOW, **limits: int) -> list[bytes]:
    page = shard.read(position, now=at(now), retention=DAY, **limits)
    return [record.data for record in page.records]


@given(st.lists(st.floats(0, 10_000), max_size=40), st.integers(1, 7))
def test_paging_returns_every_record_once_in_order(clock: list[float], limit: int) -> None:
    shard = make_shard()
    numbers = [put(shard, b"%d" % i, NOW + offset) for i, offset in enumerate(clock)]
    assert numbers == sorted(set(numbers))
    position, seen = 0, []
    for _ in range(len(clock) + 1):
        page = shard.read(position, now=at(NOW + 10_000), retention=DAY, limit=limit)
        seen += [record.data for record in page.records]
        position = page.position
    assert seen == [b"%d" % i for i in range(len(clock))]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.integers(-1, 51))
def test_at_timestamp_starts_with_the_first_arrival_not_before(gaps: list[int], at: int) -> None:
    shard = make_shard()
    arrivals = sorted(gaps)
    for i, offset in enumerate(arrivals):
        put(shard, b"%d" % i, NOW + offset)
    expected = [b"%d" % i for i, offset in enumerate(arrivals) if offset >= at]
    assert read(shard, shard.position_at(NOW + at), NOW + 100) == expected


def test_tip_of_an_empty_shard_precedes_its_first_record() -> None:
    shard = make_shard()
    tip = shard.tip()
    put(shard, b"a")
    assert read(shard, tip) == [b"a"]
    assert read(shard, shard.tip()) == []


def test_at_most_ten_mebibytes_but_always_one_record() -> None:
    shard = make_shard()
    for data in (b"x" * 10, b"y" * 4, b"z" * 4, b"w" * 4):
        put(shard, data)
    assert read(shard, max_bytes=8) == [b"x" * 10]
    assert read(shard, shard.position_at(0), max_bytes=14) == [b"x" * 10, b"y" * 4]


def test_behind_counts_from_the_next_unread_record() -> None:
    shard = make_shard()
    put(shard, b"a", NOW)
    put(shard, b"b", NOW + 1)
    page = shard.read(0, now=at(NOW + 3), retention=DAY, limit=1)
    assert page.behind_ms == 2000
    assert shard.read(page.position, now=at(NOW + 3), retention=DAY).behind_ms == 0


def test_records_older_than_the_retention_are_not_returned() -> None:
    shard = make_shard()
    for i in range(3000):
        put(shard, b"old", NOW + i / 1000)
    put(shard, b"new", NOW + DAY + 60)
    assert read(shard, now=NOW + DAY + 60) == [b"new"]
    assert shard.trim(at(NOW + DAY + 60), DAY) == 3000
    assert len(shard) == 1  # forgotten, not only hidden
    assert shard.trim(at(NOW + DAY + 60), DAY) == 0


@pytest.mark.parametrize("trimmed", [False, True])
def test_a_reader_that_comes_too_late_is_told_how_many_records_it_missed(trimmed: bool) -> None:
    shard = make_shard()
    read_to = [put(shard, b"%d" % i) for i in range(10)][3]
    last = put(shard, b"new", NOW + DAY + 60)
    now = at(NOW + DAY + 60)
    if trimmed:
        shard.trim(now, DAY)
    page = shard.read(read_to, now=now, retention=DAY)
    assert (page.expired, [r.data for r in page.records]) == (6, [b"new"])
    assert shard.read(last, now=now, retention=DAY).expired == 0
    assert shard.read(0, now=now, retention=DAY).expired == 0  # TRIM_HORIZON asks for what is left


@pytest.mark.parametrize("ahead", [-3600.0, 26 * 3600.0])
def test_a_clock_that_is_set_changes_no_age(ahead: float) -> None:
    shard = make_shard()
    first = put(shard, b"before")
    assert put(shard, b"after", NOW + 1, ahead) > first
    now = at(NOW + 2, ahead)
    assert shard.trim(now, DAY) == 0
    page = shard.read(0, now=now, retention=DAY, limit=1)
    assert (page.behind_ms, page.expired) == (1000, 0)
    arrivals = [r.arrival for r in shard.read(0, now=now, retention=DAY).records]
    assert arrivals == sorted(arrivals)
    assert read(shard, shard.position_at(shard.last_arrival), NOW + 2)[-1:] == [b"after"]


def test_children_made_after_the_clock_was_set_back_follow_their_parent() -> None:
    parent = make_shard()
    put(parent, b"p", NOW + 10)
    parent.close(at(NOW + 11, -3600))
    child = Shard(1, 0, HASH_KEYS - 1, now=at(NOW + 11, -3600), parents=(parent,))
    assert parent.closed is not None
    assert parent.closed.wall == child.created.wall == NOW + 10
    put(child, b"c", NOW + 12, -3600)
    assert read(child, child.position_at(NOW + 10), NOW + 13) == [b"c"]


def test_a_clock_that_steps_back_keeps_arrivals_in_order() -> None:
    shard = make_shard()
    put(shard, b"a", NOW + 5)
    put(shard, b"b", NOW)
    assert read(shard, shard.position_at(NOW + 5), NOW + 9) == [b"a", b"b"]


def test_closed_shard_ends_after_its_last_record() -> None:
    shard = make_shard()
    put(shard, b"a")
    put(shard, b"b")
    shard.close(at(NOW))
    with pytest.raises(ShardClosedError):
        put(shard, b"c")
    first = shard.read(0, now=at(NOW), retention=DAY, limit=1)
    assert not first.at_end
    last = shard.read(first.position, now=at(NOW), retention=DAY)
    assert last.at_end
    assert shard.last_sequence is not None
    assert shard.last_sequence > last.position


def test_child_numbers_follow_the_parents_within_one_second() -> None:
    parent = make_shard()
    for _ in range(100):
        put(parent, b"p")
    parent.close(at(NOW))
    child = Shard(1, 0, HASH_KEYS - 1, now=at(NOW), parents=(parent,))
    assert parent.last_sequence is not None
    assert put(child, b"c") > parent.last_sequence


def test_concurrent_puts_and_reads_lose_nothing() -> None:
    shard, count = make_shard(), 2000
    seen: list[bytes] = []
    done = threading.Event()

    def produce(worker: int) -> None:
        for i in range(count):
            put(shard, b"%d-%d" % (worker, i))

    def consume() -> None:
        position = 0
        while True:
            ending = done.is_set()
            page = shard.read(position, now=at(NOW), retention=DAY, limit=97)
            seen.extend(record.data for record in page.records)
            position = page.position
            if ending and not page.records:
                return

    reader = threading.Thread(target=consume)
    writers = [threading.Thread(target=produce, args=(w,)) for w in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == len(set(seen)) == 4 * count
    for worker in range(4):
        mine = [s for s in seen if s.startswith(b"%d-" % worker)]
        assert mine == [b"%d-%d" % (worker, i) for i in range(count)]


def test_iterator_token_round_trip_fits_the_longest_name() -> None:
    iterator = ShardIterator("s" * 128, 2**43 - 1, 9999, 10**56 - 1, 1e9)
    assert len(iterator.token()) <= 512
    assert ShardIterator.from_token(iterator.token(), now=Moment(NOW, 1e9 + 300)) == iterator


def test_iterator_expires_after_five_minutes() -> None:
    token = ShardIterator("s", 1, 0, 0, 50.0).token()
    for wall in (NOW - 3600, NOW + 26 * 3600):
        assert ShardIterator.from_token(token, now=Moment(wall, 60)).issued == 50
        with pytest.raises(ExpiredIteratorException):
            ShardIterator.from_token(token, now=Moment(wall, 351))


@given(st.text(max_size=60))
def test_any_other_text_is_an_invalid_iterator(token: str) -> None:
    with pytest.raises(InvalidArgumentException):
        ShardIterator.from_token(token, now=at(NOW))
