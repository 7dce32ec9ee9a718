"""The events of a delivered object, as the Glue job counts them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.glue.runtime.awsglue.json_records import objects, texts
from pipeline.delivered import events

ONE = b'{"userId": 1, "movieId": 2, "rating": 3.5, "timestamp": 4}'
EVENT = (1, 2, 3.5, 4)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (ONE * 3, [EVENT] * 3),
        (ONE + b"\n" + ONE + b"\r\n", [EVENT] * 2),
        (ONE + b'{"userId": "\xff"}' + ONE, [EVENT, None, EVENT]),
        (ONE + b"\n\x00\xff\xfe\n" + ONE, [EVENT, None, EVENT]),
        (ONE + b"{broken" + ONE, [EVENT, None, EVENT]),
        (b"[" + ONE + b"," + ONE + b"]", [EVENT] * 2),
        (b'{"userId": Infinity, "movieId": 1, "rating": 1, "timestamp": 1}' + ONE, [None, EVENT]),
        (b'{"t": "\xe2\x80\xa8"}' + ONE, [None, EVENT]),
        (b"[" * 100_000 + ONE, [None, EVENT]),
    ],
)
def test_one_bad_record_takes_no_other_with_it(body: bytes, found: list[object]) -> None:
    assert list(events(body)) == found


PIECES = [
    ONE,
    b'{"a": 1}',
    b"{",
    b"\xff",
    b"x",
    b"\n",
    b" ",
    b'{"t": "\xc3"}',
    b"[1]",
    b'"s"',
    b",",
    b'{"a": {"b": 1}',
    b'{x {"userId": 1}}',
    b"]",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join))
def test_as_many_pieces_as_the_glue_job_reads(body: bytes) -> None:
    lines = pa.array(body.split(b"\n"), pa.binary()).view(pa.string())
    assert len(list(events(body))) == sum(1 for text in texts(lines) for _ in objects(text))
