"""Blocks of ratings as CSV text, without a Python object for each number."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.data.generation.draws import Ints
from pipeline.data.generation.ratings import Block

__all__ = ["RatingText"]

_ROW: Final = np.dtype(
    [
        ("user", "S8"),
        ("movie", "S8"),
        ("stars", "S4"),
        ("high", "S2"),
        ("middle", "S4"),
        ("low", "S4"),
        ("end", "S1"),
    ]
)
"""One row with its commas; each part is filled up with NUL bytes, which are then left out."""


class RatingText:
    """Rows ``userId,movieId,rating,timestamp`` of blocks.

    Args:
        ids: MovieLens ids of the films, at most seven digits each
    """

    def __init__(self, ids: Ints) -> None:
        self._movies = _numbers(ids)
        self._stars = np.array([f"{half // 2}.{half % 2 * 5},".encode() for half in range(11)])
        self._four = np.array([f"{number:04d}".encode() for number in range(10_000)])
        self._high = np.array([str(number).encode() for number in range(100)])

    def rows(self, block: Block) -> bytes:
        """The block's rows, each with its line end."""
        first = int(block.users[0])
        users = _numbers(np.arange(first, int(block.users[-1]) + 1) + 1)
        text = np.empty(len(block.users), dtype=_ROW)
        text["user"] = users[block.users - first]
        text["movie"] = self._movies[block.movies]
        text["stars"] = self._stars[block.halves]
        high, low = np.divmod(block.times, 10_000)
        text["low"] = self._four[low]
        high, middle = np.divmod(high, 10_000)
        text["middle"] = self._four[middle]
        text["high"] = self._high[high]
        text["end"] = b"\n"
        flat = text.view(np.uint8)
        return bytes(flat[flat != 0].tobytes())


def _numbers(values: Ints) -> NDArray[np.bytes_]:
    return np.array([f"{value},".encode() for value in values.tolist()], dtype="S8")
