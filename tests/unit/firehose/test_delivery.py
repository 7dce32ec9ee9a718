"""Buffering by size and age, and the delivery thread against a destination that fails."""

from __future__ import annotations

import gzip
import io
import threading
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.clock import Moment
from lakestack.services import faults
from lakestack.services.firehose import delivery as delivery_module
from lakestack.services.firehose.buffer import MEBIBYTE, Batch, Buffer, BufferingHints
from lakestack.services.firehose.compression import compress
from lakestack.services.firehose.delivery import FINAL_ATTEMPTS, Delivery
from lakestack.services.firehose.records import (
    ERROR,
    TO_DESTINATION,
    Placed,
    Route,
    SourceRecord,
)
from lakestack.services.firehose.source import DirectSource, QueueFullError
from tests.support import wait_until


@given(st.lists(st.integers(0, 700_000), max_size=30))
def test_batches_keep_every_record_in_order_and_end_at_the_size(sizes: list[int]) -> None:
    buffer = Buffer(BufferingHints(1, 60))
    records = [SourceRecord(float(i), bytes([i]) * size) for i, size in enumerate(sizes)]
    batches = list(buffer.add(records, now=0.0))
    for batch in batches:
        assert batch.size >= MEBIBYTE
        assert batch.size - len(batch.records[-1].data) < MEBIBYTE
    batches += buffer.take()
    assert [record for batch in batches for record in batch.records] == records


def test_interval_counts_from_the_first_record() -> None:
    buffer = Buffer(BufferingHints(5, 60))
    assert buffer.due_in(0.0) is None
    list(buffer.add([SourceRecord(9.0, b"a")], now=100.0))
    list(buffer.add([SourceRecord(7.0, b"b")], now=130.0))
    assert buffer.due_in(130.0) == 30.0
    assert buffer.due_in(200.0) == 0.0
    assert buffer.take(129.0) == []
    (batch,) = buffer.take(160.0)
    assert (batch.body, batch.arrival) == (b"ab", 7.0)
    assert buffer.due_in(200.0) is None


def test_interval_zero_is_due_at_once() -> None:
    buffer = Buffer(BufferingHints(5, 0))
    list(buffer.add([SourceRecord(1.0, b"a")], now=1.0))
    assert buffer.due_in(1.0) == 0.0


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "FIRST_RETRY_SECONDS", 0.01)


class Bucket:
    """The course of a stream whose destination refuses its first `failures` writes."""

    intake: BufferingHints | None = None
    backs_up = False

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.buffering = BufferingHints()
        self.attempts = 0
        self.bodies: list[bytes] = []
        self.reports: list[str] = []
        self.lock = threading.Lock()

    def write(self, batch: Batch) -> None:
        with self.lock:
            self.attempts += 1
            if self.attempts <= self.failures:
                raise OSError("503 Slow Down")
            self.bodies.append(batch.body)

    def hints(self, output: str) -> BufferingHints:  # noqa: ARG002
        return self.buffering

    def process(
        self,
        records: list[SourceRecord],
        patient: Callable[[], bool],  # noqa: ARG002
    ) -> list[Placed]:
        return [Placed(TO_DESTINATION, record) for record in records]

    def full(self, record: SourceRecord) -> Placed:
        return Placed(Route(ERROR, "full"), record)

    def redirect(self, *_: object, **__: object) -> bool:
        return False

    def name(self, batch: Batch) -> None:
        batch.key = batch.key or "key"

    def report(self, line: str) -> None:
        self.reports.append(line)

    def close(self) -> None:
        pass


def deliver(bucket: Bucket, hints: BufferingHints, *data: bytes) -> tuple[Delivery, DirectSource]:
    source = DirectSource()
    bucket.buffering = hints
    delivery = Delivery("d", source, bucket)
    delivery.start()
    for item in data:
        source.put(Moment(1.0, 0.0), item)
    return delivery, source


def test_stop_writes_what_is_pending() -> None:
    bucket = Bucket()
    delivery, _ = deliver(bucket, BufferingHints(128, 900), b"a", b"b\n", b"c")
    delivery.stop()
    assert delivery.join(60)
    assert bucket.bodies == [b"ab\nc"]


def test_nothing_pending_writes_no_object() -> None:
    bucket = Bucket()
    delivery, _ = deliver(bucket, BufferingHints(1, 0))
    delivery.stop()
    assert delivery.join(60)
    assert bucket.bodies == []


def test_failures_are_retried_and_reported_until_the_destination_takes_it() -> None:
    bucket = Bucket(failures=4)
    delivery, source = deliver(bucket, BufferingHints(1, 0), b"a")
    wait_until(lambda: bucket.bodies)
    source.put(Moment(2.0, 0.0), b"b")
    wait_until(lambda: len(bucket.bodies) == 2)
    delivery.stop()
    assert delivery.join(60)
    assert bucket.bodies == [b"a", b"b"]
    assert len(bucket.reports) == 4
    assert "503 Slow Down" in bucket.reports[0]


def test_what_cannot_be_written_at_the_end_is_counted() -> None:
    bucket = Bucket(failures=10**9)
    delivery, _ = deliver(bucket, BufferingHints(128, 900), b"abc", b"de")
    delivery.stop()
    assert delivery.join(60)
    assert bucket.attempts == FINAL_ATTEMPTS
    assert bucket.reports[-1].startswith("2 records (5 bytes) were not delivered")


def test_changed_hints_apply_to_what_is_buffered() -> None:
    bucket = Bucket()
    delivery, source = deliver(bucket, BufferingHints(128, 900), b"a")
    bucket.buffering = BufferingHints(1, 0)
    wait_until(lambda: bucket.bodies == [b"a"])
    source.put(Moment(2.0, 0.0), b"b")
    wait_until(lambda: bucket.bodies == [b"a", b"b"])
    delivery.stop()
    assert delivery.join(60)


def test_a_full_queue_takes_no_more() -> None:
    source = DirectSource(max_bytes=3)
    source.put(Moment(1.0, 0.0), b"abc")
    with pytest.raises(QueueFullError):
        source.put(Moment(1.0, 0.0), b"d")
    assert source.read() == [SourceRecord(1.0, b"abc")]
    source.put(Moment(1.0, 0.0), b"d")


def test_compression() -> None:
    assert compress(b"x", "UNCOMPRESSED", "k") == b"x"
    assert gzip.decompress(compress(b"x" * 99, "GZIP", "k.gz")) == b"x" * 99
    with zipfile.ZipFile(io.BytesIO(compress(b"body", "ZIP", "a/b/name.zip"))) as archive:
        assert archive.namelist() == ["name"]
        assert archive.read("name") == b"body"


def test_an_error_of_the_emulator_itself_does_not_end_the_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faults, "FIRST_PAUSE", 0.001)
    bucket, source = Bucket(), DirectSource()
    bucket.buffering = BufferingHints(5, 0)
    delivery = Delivery("broken", source, bucket)
    read, failures = source.read, [ValueError("nobody foresaw this"), KeyError("nor this")]

    def failing() -> list[SourceRecord]:
        if failures:
            raise failures.pop(0)
        return list(read())

    monkeypatch.setattr(source, "read", failing)
    source.put(Moment(1.0, 0.0), b"a")
    delivery.start()
    wait_until(lambda: bucket.bodies == [b"a"])
    kept, _ = faults.recorded()
    said = [fault.event for fault in kept if fault.subject == "delivery stream broken"]
    assert said == ["ValueError: nobody foresaw this", "KeyError: 'nor this'"]
    delivery.stop()
    assert delivery.join(30)
