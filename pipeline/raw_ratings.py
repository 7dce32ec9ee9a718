"""What is wrong with a row that somebody has dropped in, by the rules of the Glue job.

The job refuses to make training data when more than one row of a hundred is bad, and what was
streamed stays: a bad file would stop every later round. So its rules (``spark_jobs/row_rules.py``,
which needs Spark) are applied before anything is streamed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Final

__all__ = ["rating_fault"]

LARGEST_ID: Final = 2**31 - 1
_SCALE: Final = 0.5, 5.0


def rating_fault(row: Sequence[str], movies: Collection[int], until: float) -> str | None:
    """Why a row is not taken.

    Args:
        row: userId, movieId, rating, timestamp
        movies: ids that are known
        until: seconds since 1970 of the newest timestamp that is none of the future

    Returns:
        the reason in the job's words, None when the row is good
    """
    if len(row) != 4:
        return "fields_missing" if len(row) < 4 else "too_many_fields"
    for name, text in (("userid", row[0]), ("movieid", row[1])):
        number = _whole(text)
        if number is None:
            return f"{name}_not_a_number"
        if not 1 <= number <= LARGEST_ID:
            return f"{name}_not_positive" if number <= 0 else f"{name}_out_of_range"
    return _rating_fault(row[2]) or _time_fault(row[3], until) or _movie_fault(row[1], movies)


def _rating_fault(text: str) -> str | None:
    try:
        rating = float(text)
    except ValueError:
        return "rating_not_a_number"
    if not math.isfinite(rating):
        return "rating_not_a_number"
    if not _SCALE[0] <= rating <= _SCALE[1]:
        return "rating_off_scale"
    return None if (2 * rating).is_integer() else "rating_off_half_step"


def _time_fault(text: str, until: float) -> str | None:
    number = _whole(text)
    if number is None:
        return "timestamp_not_a_number"
    if number <= 0:
        return "timestamp_not_positive"
    return "timestamp_in_the_future" if number > until else None


def _movie_fault(text: str, movies: Collection[int]) -> str | None:
    return None if int(text) in movies else "movie_unknown"


def _whole(text: str) -> int | None:
    """A number that the simulator takes as one, too: ASCII digits."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.removeprefix("-").isdigit() else None
