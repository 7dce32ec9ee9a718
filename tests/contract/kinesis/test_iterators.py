"""What is put into a Kinesis shard, and where its iterators begin and end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.kinesis.helpers import FIRST, HASH_KEYS, active, code_of, iterator, put, read
from tests.support import wait_until


def test_put_record_answers_shard_and_growing_sequence_numbers(kinesis: Any, stream: str) -> None:
    numbers = []
    for i in range(5):
        answer = kinesis.put_record(StreamName=stream, Data=b"%d" % i, PartitionKey="k")
        assert answer["ShardId"] == FIRST
        assert len(answer["SequenceNumber"]) == 56
        numbers.append(int(answer["SequenceNumber"]))
    assert numbers == sorted(set(numbers))


def test_every_iterator_type(kinesis: Any, stream: str) -> None:
    latest_before = iterator(kinesis, stream, "LATEST")
    numbers = [r["SequenceNumber"] for r in put(kinesis, stream, b"0", b"1", b"2")]
    latest_after = iterator(kinesis, stream, "LATEST")
    assert read(kinesis, iterator(kinesis, stream)) == [b"0", b"1", b"2"]
    assert read(kinesis, latest_before) == [b"0", b"1", b"2"]
    assert read(kinesis, latest_after) == []
    at = iterator(kinesis, stream, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1])
    assert read(kinesis, at) == [b"1", b"2"]
    after = iterator(kinesis, stream, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1])
    assert read(kinesis, after) == [b"2"]
    put(kinesis, stream, b"3")
    assert read(kinesis, latest_after) == [b"3"]


def test_at_timestamp(kinesis: Any, stream: str) -> None:
    put(kinesis, stream, b"early")
    first = kinesis.get_records(ShardIterator=iterator(kinesis, stream))["Records"][0]
    arrived = first["ApproximateArrivalTimestamp"]
    # botocore sends whole seconds only.
    next_second = arrived.replace(microsecond=0) + timedelta(seconds=1)
    wait_until(lambda: datetime.now(UTC) > next_second, 5)
    put(kinesis, stream, b"late")
    later = iterator(kinesis, stream, "AT_TIMESTAMP", Timestamp=next_second)
    assert read(kinesis, later) == [b"late"]
    long_ago = iterator(kinesis, stream, "AT_TIMESTAMP", Timestamp=datetime(2020, 1, 1, tzinfo=UTC))
    assert read(kinesis, long_ago) == [b"early", b"late"]
    future = datetime.now(UTC) + timedelta(hours=1)
    refused = code_of(lambda: iterator(kinesis, stream, "AT_TIMESTAMP", Timestamp=future))
    assert refused == "InvalidArgumentException"


def test_limit_and_millis_behind_latest(kinesis: Any, stream: str) -> None:
    put(kinesis, stream, *[b"%d" % i for i in range(10)])
    page = kinesis.get_records(ShardIterator=iterator(kinesis, stream), Limit=4)
    assert [r["Data"] for r in page["Records"]] == [b"0", b"1", b"2", b"3"]
    assert page["MillisBehindLatest"] > 0
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert len(page["Records"]) == 6
    assert page["MillisBehindLatest"] == 0


def test_get_records_returns_at_most_ten_mebibytes(kinesis: Any, stream: str) -> None:
    for _ in range(3):
        put(kinesis, stream, *[b"x" * 1_000_000] * 5)
    page = kinesis.get_records(ShardIterator=iterator(kinesis, stream))
    assert sum(len(r["Data"]) for r in page["Records"]) <= 10 * 1024 * 1024
    assert page["MillisBehindLatest"] > 0
    assert len(read(kinesis, iterator(kinesis, stream))) == 15


def test_errors_have_awss_codes(kinesis: Any, stream: str) -> None:
    missing = stream + "-missing"
    record = {"Data": b"x", "PartitionKey": "k"}
    cases: list[tuple[str, Callable[[], Any]]] = [
        ("ResourceNotFoundException", lambda: put(kinesis, missing, b"x")),
        ("ResourceNotFoundException", lambda: iterator(kinesis, stream, ShardId="shardId-9")),
        ("InvalidArgumentException", lambda: kinesis.get_records(ShardIterator="AAAA")),
        (
            "InvalidArgumentException",
            lambda: iterator(kinesis, stream, "AT_SEQUENCE_NUMBER", StartingSequenceNumber="77"),
        ),
        ("InvalidArgumentException", lambda: iterator(kinesis, stream, "AT_SEQUENCE_NUMBER")),
        (
            "ValidationException",
            lambda: kinesis.put_records(StreamName=stream, Records=[record] * 501),
        ),
        ("ValidationException", lambda: put(kinesis, stream, b"x" * 1_048_577)),
        ("InvalidArgumentException", lambda: put(kinesis, stream, b"x" * 1_048_576)),
        ("InvalidArgumentException", lambda: put(kinesis, stream, *[b"x" * 1_000_000] * 6)),
        ("ValidationException", lambda: put(kinesis, stream, b"x", key="k" * 257)),
        (
            "InvalidArgumentException",
            lambda: kinesis.put_record(StreamName=stream, **record, ExplicitHashKey=str(HASH_KEYS)),
        ),
        ("InvalidArgumentException", lambda: kinesis.list_shards()),
    ]
    for expected, call in cases:
        assert code_of(call) == expected
    assert read(kinesis, iterator(kinesis, stream)) == []


def test_an_iterator_of_a_deleted_stream_does_not_read_its_successor(
    kinesis: Any, stream: str
) -> None:
    token = iterator(kinesis, stream)
    kinesis.delete_stream(StreamName=stream)

    def recreated() -> bool:
        try:
            kinesis.create_stream(StreamName=stream, ShardCount=1)
        except kinesis.exceptions.ResourceInUseException:
            return False
        return True

    wait_until(recreated)
    wait_until(lambda: active(kinesis, stream), 10)
    put(kinesis, stream, b"new")
    refused = code_of(lambda: kinesis.get_records(ShardIterator=token))
    assert refused == "InvalidArgumentException"
