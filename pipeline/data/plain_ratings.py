"""Reads the rows of ratings.csv that are spelled as usual, a block of lines at a time.

Such a row is ``userId,movieId,rating,timestamp`` without quotes: ids of up to eight digits, a
rating in half stars, a time-stamp of nine or ten digits, no number with leading zeros. Any other
line may be valid, too, and is left to the rules of `pipeline.data.tables`, one by one.

Eight digits are read at once from a 64-bit word (Daniel Lemire, "Quickly parsing eight digits").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["PlainRatings", "read_plain"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_PAD: Final = 16
_ZEROS: Final = np.uint64(0x3030303030303030)
_OVER_NINE: Final = np.uint64(0x7676767676767676)
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_BYTES: Final = np.uint64(0x000000FF000000FF)
_FIRST: Final = np.uint64(0x000F424000000064)
_SECOND: Final = np.uint64(0x0000271000000001)


@dataclass(frozen=True)
class PlainRatings:
    """What a block of lines holds; the arrays have an element for each line.

    Attributes:
        starts: where each line begins in the block
        ends: where its line end is
        plain: which lines are spelled as usual; the others' numbers mean nothing
        users: userId
        movies: movieId
        spellings: a number for each way to write a rating
        times: timestamp
    """

    starts: Ints
    ends: Ints
    plain: Bools
    users: Ints
    movies: Ints
    spellings: Ints
    times: Ints


def read_plain(block: bytes) -> PlainRatings:
    """Read lines that each end with LF; there is one at least."""
    text = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(text == 10)
    starts = np.concatenate(([0], ends[:-1] + 1))
    first, second, third, three = _commas(text, starts, ends)
    # A word before the first byte and behind the last can be read, too.
    padded = np.zeros(len(text) + 2 * _PAD, dtype=np.uint8)
    padded[_PAD : _PAD + len(text)] = text
    words = np.lib.stride_tricks.as_strided(
        padded[:8].view("<u8"), shape=(len(padded) - 7,), strides=(1,)
    )
    users, users_are = _whole(padded, words, starts, first)
    movies, movies_are = _whole(padded, words, first + 1, second)
    spellings, ratings_are = _ratings(padded, second + 1, third)
    times, times_are = _times(padded, words, third + 1, ends)
    plain = three & users_are & movies_are & ratings_are & times_are
    return PlainRatings(starts, ends, plain, users, movies, spellings, times)


def _commas(text: NDArray[np.uint8], starts: Ints, ends: Ints) -> tuple[Ints, Ints, Ints, Bools]:
    """The three commas of each line, and whether it has three; else they lie anywhere."""
    commas = np.flatnonzero(text == 44)
    if len(commas) == 3 * len(ends):
        one, two, three = commas.reshape(-1, 3).T
        if (one >= starts).all() and (three < ends).all():
            return one, two, three, np.ones(len(ends), dtype=np.bool_)
    begin, stop = np.searchsorted(commas, starts), np.searchsorted(commas, ends)
    right = stop - begin == 3
    commas = np.concatenate((commas, [0, 0, 0]))
    begin[~right] = len(commas) - 3
    return commas[begin], commas[begin + 1], commas[begin + 2], right


def _whole(
    padded: NDArray[np.uint8], words: NDArray[np.uint64], start: Ints, end: Ints
) -> tuple[Ints, Bools]:
    """Numbers of one to eight digits, the first no zero, and which of them are ones."""
    length = end - start
    right = (length >= 1) & (length <= 8) & (padded[start + _PAD] != 48)
    number, digits = _eight(words, end, np.clip(length, 1, 8))
    return number, right & digits


def _eight(words: NDArray[np.uint64], end: Ints, length: Ints) -> tuple[Ints, Bools]:
    """The numbers of so many digits before `end`, and whether all are digits."""
    foreign = (8 * (8 - length)).astype(np.uint64)
    digits = words[end + (_PAD - 8)] ^ _ZEROS
    digits = (digits >> foreign) << foreign
    right = ((digits + _OVER_NINE) | digits) & _HIGH_BITS == 0
    pairs = digits * np.uint64(10) + (digits >> np.uint64(8))
    number = (pairs & _BYTES) * _FIRST + ((pairs >> np.uint64(16)) & _BYTES) * _SECOND
    return (number >> np.uint64(32)).astype(np.int64), right


def _ratings(padded: NDArray[np.uint8], start: Ints, end: Ints) -> tuple[Ints, Bools]:
    """1 to 5, or 0.5 to 5.0 with one decimal."""
    length, at = end - start, start + _PAD
    stars, point, part = padded[at] - np.uint8(48), padded[at + 1], padded[at + 2]
    half = part == 53
    halves = 2 * stars.astype(np.int64) + half
    whole = (length == 1) & (stars >= 1) & (stars <= 5)
    decimal = (length == 3) & (point == 46) & (half | (part == 48)) & (halves >= 1) & (halves <= 10)
    return np.where(whole, stars.astype(np.int64) + 16, halves), whole | decimal


def _times(
    padded: NDArray[np.uint8], words: NDArray[np.uint64], start: Ints, end: Ints
) -> tuple[Ints, Bools]:
    """Numbers of nine or ten digits, the first no zero."""
    ten = end - start == 10
    low, right = _eight(words, end, np.full(len(end), 8))
    ninth = padded[end + (_PAD - 9)] - np.uint8(48)
    tenth = np.where(ten, padded[end + (_PAD - 10)] - np.uint8(48), np.uint8(0))
    leading = np.where(ten, tenth, ninth)
    right &= (ten | (end - start == 9)) & (ninth <= 9) & (tenth <= 9) & (leading != 0)
    number = low + 100_000_000 * (10 * tenth.astype(np.int64) + ninth.astype(np.int64))
    return number, right
