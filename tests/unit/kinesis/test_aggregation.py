"""Aggregates of the Kinesis Producer Library, and bytes that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.kinesis.aggregation import UserRecord, deaggregated
from tests.kpl import MAGIC, aggregate, field, sealed

RECORDS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=300)), min_size=1, max_size=9)


@given(RECORDS)
def test_what_is_packed_comes_out(records: list[tuple[str, bytes]]) -> None:
    found = deaggregated(aggregate(records))
    assert found is not None
    assert [(record.partition_key, record.data) for record in found] == records
    assert [record.subsequence for record in found] == list(range(len(records)))


def test_explicit_hash_keys() -> None:
    largest = str(2**128 - 1)
    assert deaggregated(aggregate([("a", b"1"), ("b", b"2")], [largest])) == [
        UserRecord(0, "a", largest, b"1"),
        UserRecord(1, "b", None, b"2"),
    ]


@given(st.binary(max_size=200))
def test_foreign_bytes_never_fail(data: bytes) -> None:
    deaggregated(data)
    deaggregated(MAGIC + data)
    deaggregated(sealed(data))


KEY = field(1, b"k")
DATA = field(1, 0) + field(3, b"data")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        KEY,  # no records
        field(3, DATA),  # no such key
        KEY + field(3, field(1, 1) + field(3, b"x")),
        KEY + field(3, field(1, 0)),  # no data
        KEY + field(3, field(3, b"x")),  # no key
        KEY + field(3, DATA + field(2, 0)),  # no such hash key
        KEY + field(2, b"-1") + field(3, DATA),
        KEY + field(2, str(2**128).encode()) + field(3, DATA),
        field(1, b"\xff") + field(3, DATA),
        KEY + field(3, DATA)[:-1],
        KEY + b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + DATA,
        KEY + b"\x80" * 20,
        KEY + field(3, 5),
        KEY + field(3, DATA) + b"\x03",  # a group, which protobuf has given up
    ],
)
def test_what_is_not_exactly_an_aggregate_is_none(message: bytes) -> None:
    assert deaggregated(sealed(message)) is None
    assert deaggregated(sealed(KEY + field(3, DATA))) is not None
