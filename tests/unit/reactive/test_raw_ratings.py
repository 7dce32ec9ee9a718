"""A row is judged as the Glue job would, with its words."""

from __future__ import annotations

import pytest

from pipeline.raw_ratings import rating_fault

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1,10,4.0,1700000000", None),
        ("1,10,0.5,1", None),
        ("2147483647,10,5,1", None),
        ("1,10,4.0", "fields_missing"),
        ("1,10,4.0,1,1", "too_many_fields"),
        (",10,4.0,1", "userid_not_a_number"),
        ("1.5,10,4.0,1", "userid_not_a_number"),
        ("1_0,10,4.0,1", "userid_not_a_number"),
        ("0,10,4.0,1", "userid_not_positive"),
        ("-3,10,4.0,1", "userid_not_positive"),
        ("2147483648,10,4.0,1", "userid_out_of_range"),
        ("1,x,4.0,1", "movieid_not_a_number"),
        ("1,11,4.0,1", "movie_unknown"),
        ("1,10,,1", "rating_not_a_number"),
        ("1,10,nan,1", "rating_not_a_number"),
        ("1,10,5.5,1", "rating_off_scale"),
        ("1,10,4.25,1", "rating_off_half_step"),
        ("1,10,4.0,x", "timestamp_not_a_number"),
        ("1,10,4.0,0", "timestamp_not_positive"),
        ("1,10,4.0,1700000001", "timestamp_in_the_future"),
    ],
)
def test_a_row_is_good_or_has_a_reason(row: str, fault: str | None) -> None:
    assert rating_fault(row.split(","), {10}, NOW) == fault
