"""One shard of an event source mapping: order, retries, bisecting, expiry; nothing lost."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.clock import Moment, moment
from lakestack.services import faults
from lakestack.services.kinesis.reader import Position
from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.shard import Shard
from lakestack.services.lambda_ import kinesis_consumer
from lakestack.services.lambda_.kinesis_batches import (
    Event,
    event_of,
    event_size,
    first_failed,
    fitting,
    sequence_of,
)
from lakestack.services.lambda_.kinesis_consumer import (
    GivenUp,
    MappingSettings,
    Outcome,
    ShardConsumer,
)
from lakestack.services.lambda_.kinesis_mapping import failure, starting_point
from tests.support import wait_until


class Function:
    """A target that notes what it is sent and fails when told to."""

    def __init__(
        self, behave: Callable[[list[int], int], Any] = lambda _numbers, _call: None
    ) -> None:
        self._behave = behave
        self.calls: list[list[int]] = []
        self.given_up: list[tuple[str, list[int], int]] = []

    def prepare(self, events: list[Event]) -> list[Event]:
        return events

    def invoke(self, events: list[Event], window: Any = None) -> Outcome:  # noqa: ARG002
        numbers = [int(event["kinesis"]["partitionKey"]) for event in events]
        self.calls.append(numbers)
        found = self._behave(numbers, len(self.calls))
        if isinstance(found, Exception):
            raise found
        return Outcome("Unhandled" if found == "fail" else None, found)

    def give_up(self, shard_id: str, given_up: GivenUp) -> None:  # noqa: ARG002
        numbers = [int(event["kinesis"]["partitionKey"]) for event in given_up.events]
        self.given_up.append((given_up.condition, numbers, given_up.attempts))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinesis_consumer, "FIRST_BACKOFF", 0.0005)
    monkeypatch.setattr(kinesis_consumer, "MAX_BACKOFF", 0.001)


def _run(function: Function, count: int, settings: MappingSettings, **options: Any) -> Position:
    """Read a closed shard of `count` records to its end."""
    shard = Shard(0, 0, 2**128 - 1, now=moment())
    for n in range(count):
        shard.put(b"{}", str(n), now=moment())
    shard.close(moment())
    position = Position(0)
    ShardConsumer(shard, position, settings, function, threading.Event(), **options).run()
    return position


def test_all_records_in_order_in_batches() -> None:
    function = Function()
    assert _run(function, 25, MappingSettings(batch_size=10)).ended
    assert function.calls == [[*range(10)], [*range(10, 20)], [*range(20, 25)]]


def test_lanes_keep_the_order_of_each_key_and_end_together() -> None:
    slow = threading.Event()

    def behave(numbers: list[int], call: int) -> Any:
        if call == 1:
            slow.wait(0.05)  # the first lane to begin is not the first to end
        return "fail" if call == 2 else None

    function = Function(behave)
    position = _run(function, 100, MappingSettings(batch_size=5, lanes=4))
    assert position.ended
    lanes = [{n for n in range(100) if zlib.crc32(str(n).encode()) % 4 == i} for i in range(4)]
    for lane in lanes:
        seen = [n for numbers in function.calls for n in numbers if n in lane]
        assert list(dict.fromkeys(seen)) == sorted(lane)
    assert all(any(set(numbers) <= lane for lane in lanes) for numbers in function.calls)
    assert max(map(len, function.calls)) == 5


def test_a_lane_told_to_stop_moves_no_position() -> None:
    function = Function(lambda numbers, _call: "fail" if 0 in numbers else None)
    stopping = threading.Event()
    shard = Shard(0, 0, 2**128 - 1, now=moment())
    for n in range(8):
        shard.put(b"{}", str(n), now=moment())
    position = Position(0)
    consumer = ShardConsumer(shard, position, MappingSettings(lanes=4), function, stopping)
    thread = threading.Thread(target=consumer.run)
    thread.start()
    wait_until(lambda: sum(0 in numbers for numbers in function.calls) > 2)
    stopping.set()
    thread.join()
    assert position.sequence == 0


def test_an_empty_closed_shard_ends() -> None:
    function = Function()
    assert _run(function, 0, MappingSettings()).ended
    assert function.calls == []


def test_retries_are_counted() -> None:
    function = Function(lambda numbers, _call: "fail" if 0 in numbers else None)
    _run(function, 4, MappingSettings(batch_size=2, max_retries=3))
    assert function.calls == [[0, 1]] * 4 + [[2, 3]]
    assert function.given_up == [("RetryAttemptsExhausted", [0, 1], 4)]


def test_a_function_that_cannot_be_invoked_costs_no_attempt() -> None:
    function = Function(lambda _numbers, call: OSError("throttled") if call < 4 else None)
    _run(function, 2, MappingSettings(max_retries=0))
    assert function.calls == [[0, 1]] * 4
    assert function.given_up == []


@given(
    count=st.integers(1, 40),
    bad=st.sets(st.integers(0, 39)),
    batch_size=st.integers(1, 16),
    retries=st.integers(0, 2),
)
def test_bisecting_gives_up_exactly_the_bad_records(
    count: int, bad: set[int], batch_size: int, retries: int
) -> None:
    function = Function(lambda numbers, _call: "fail" if bad & set(numbers) else None)
    settings = MappingSettings(batch_size=batch_size, max_retries=retries, bisect=True)
    _run(function, count, settings)
    lost = [n for _, numbers, _ in function.given_up for n in numbers]
    assert lost == sorted(bad & set(range(count)))
    done = [n for numbers in function.calls if not bad & set(numbers) for n in numbers]
    assert done == [n for n in range(count) if n not in bad]


@given(count=st.integers(1, 30), stumble=st.sets(st.integers(0, 29)), size=st.integers(1, 10))
def test_reported_failures_lose_and_repeat_nothing_that_was_done(
    count: int, stumble: set[int], size: int
) -> None:
    """Each stumbling record fails the first time it is seen; those before it are done with."""
    left, done = set(stumble), list[int]()

    def behave(numbers: list[int], call: int) -> Any:
        for n in numbers:
            if n in left:
                left.discard(n)
                number = sequences[n]
                return {"batchItemFailures": [{"itemIdentifier": number}]}
            done.append(n)
        return {"batchItemFailures": []}

    sequences: dict[int, str] = {}

    class Noting(Function):
        def prepare(self, events: list[Event]) -> list[Event]:
            for event in events:
                kinesis = event["kinesis"]
                sequences[int(kinesis["partitionKey"])] = kinesis["sequenceNumber"]
            return events

    function = Noting(behave)
    _run(function, count, MappingSettings(batch_size=size, report_failures=True))
    assert done == [*range(count)]
    assert function.given_up == []


def test_records_that_grew_too_old_are_given_up_without_an_attempt() -> None:
    function = Function()
    late = Moment(time.time() - 3600, time.monotonic() + 100)  # set back meanwhile
    _run(function, 3, MappingSettings(max_age=60), clock=lambda: late)
    assert function.calls == []
    assert function.given_up == [("RecordAgeExceeded", [0, 1, 2], 0)]


def test_a_clock_set_forward_makes_no_record_too_old() -> None:
    function = Function()
    ahead = Moment(time.time() + 26 * 3600, time.monotonic())
    _run(function, 3, MappingSettings(max_age=60), clock=lambda: ahead)
    assert function.calls == [[0, 1, 2]]


def test_the_shard_of_a_deleted_stream_ends_with_its_last_record() -> None:
    function, position = Function(), Position(0)
    shard = Shard(0, 0, 2**128 - 1, now=moment())
    shard.put(b"{}", "0", now=moment())
    consumer = ShardConsumer(
        shard, position, MappingSettings(), function, threading.Event(), deleted=lambda: True
    )
    consumer.run()
    assert function.calls == [[0]]
    assert position.ended


def test_told_to_stop_it_keeps_its_position() -> None:
    stopping = threading.Event()
    shard = Shard(0, 0, 2**128 - 1, now=moment())
    for n in range(4):
        shard.put(b"{}", str(n), now=moment())

    def behave(numbers: list[int], call: int) -> Any:
        if call == 2:
            stopping.set()
            return "fail"
        return None

    first = Function(behave)
    position = Position(0)
    ShardConsumer(shard, position, MappingSettings(batch_size=2), first, stopping).run()
    assert first.calls == [[0, 1], [2, 3]]
    shard.close(moment())
    second = Function()
    ShardConsumer(shard, position, MappingSettings(batch_size=2), second, threading.Event()).run()
    assert second.calls == [[2, 3]]


def _records(*sizes: int) -> list[Record]:
    return [Record(n + 1, 0.0, 0.0, b"x" * size, "k") for n, size in enumerate(sizes)]


def test_a_payload_takes_what_fits_and_at_least_one() -> None:
    records = _records(100, 100, 100)
    two = event_size(records[0]) * 2
    assert fitting(records, two) == 2
    assert fitting(records, 1) == 1
    assert fitting(_records(), 1) == 0


def test_batch_item_failures() -> None:
    events = [event_of(record, "shardId-000000000000") for record in _records(1, 1, 1)]

    def reported(*identifiers: Any) -> Any:
        return {"batchItemFailures": [{"itemIdentifier": i} for i in identifiers]}

    for nothing in (None, {}, {"batchItemFailures": None}, reported(), "text", 3):
        assert first_failed(events, nothing) == 3
    assert first_failed(events, reported("3", "2")) == 1
    for whole in (reported("9"), reported(""), reported(None), {"batchItemFailures": ["2"]}):
        assert first_failed(events, whole) is None
    assert [sequence_of(event) for event in events] == [1, 2, 3]


def test_a_mapping_starts_where_it_was_told() -> None:
    shard = Shard(0, 0, 2**128 - 1, now=Moment(1000.0, 0.0))
    for second in (1000, 1010, 1020):
        shard.put(b"{}", "k", now=Moment(second, second - 1000))

    def rest(**config: Any) -> int:
        page = shard.read(starting_point(config, shard), now=Moment(1020, 20), retention=86_400)
        return len(page.records)

    assert rest(StartingPosition="TRIM_HORIZON") == 3
    assert rest(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1005) == 2
    assert rest(StartingPosition="LATEST") == 0


def test_the_record_of_a_failure_says_whether_there_was_an_invocation() -> None:
    given_up = GivenUp("RecordAgeExceeded", [], 0, None)
    assert "responseContext" not in failure("arn", given_up)
    given_up = GivenUp("RetryAttemptsExhausted", [], 3, Outcome("Unhandled", None, "id", "2"))
    record = failure("arn", given_up)
    assert record["requestContext"]["requestId"] == "id"
    assert record["responseContext"]["executedVersion"] == "2"


@pytest.mark.parametrize("lanes", [1, 3])
def test_an_error_of_the_emulator_itself_neither_ends_nor_skips(
    monkeypatch: pytest.MonkeyPatch, lanes: int
) -> None:
    monkeypatch.setattr(faults, "FIRST_PAUSE", 0.001)
    function, failures = Function(), [ValueError("nobody foresaw this")]

    def prepare(events: list[Event]) -> list[Event]:
        if failures:
            raise failures.pop()
        return events

    monkeypatch.setattr(function, "prepare", prepare)
    _, before = faults.recorded()
    position = _run(function, 5, MappingSettings(batch_size=10, lanes=lanes))
    assert position.ended
    assert {number for call in function.calls for number in call} == set(range(5))
    assert faults.recorded()[1] > before
