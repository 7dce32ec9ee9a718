"""Splits one ratings file into the part DMS loads and the part that is streamed.

The workshop brings its own split (ratings.csv, ratings-partial-load.csv); GroupLens' archives
have only ratings.csv. The newest fifth is streamed, as it would arrive last in life.

The notes of the scan say which rows go where, part by part; only one bit for each row is held in
memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.data.dataset import DataFile
from pipeline.data.line_blocks import LineBlocks
from pipeline.data.row_log import Notes, distinct
from pipeline.data.validation import Scan
from pipeline.errors import DataError

__all__ = ["STREAMED_PERCENT", "split_ratings"]

STREAMED_PERCENT = 20

Ints = NDArray[np.int64]
Parts = Callable[[], Iterator[tuple[Ints, Ints]]]
"""Latest time and pair of each pair, in parts, as often as it is called."""

_DIGITS: Final = ((0, 18, 19), (0, 0, 18), (1, 46, 16), (1, 30, 16), (1, 15, 15), (1, 0, 15))
"""Of time (37 bits), then of pair (62 bits): which of the two, lowest bit, number of bits."""
_FEW: Final = 1 << 20


def split_ratings(scan: Scan, target: Path) -> tuple[DataFile, DataFile]:
    """Move the newest 20 % of the (user, movie) pairs of a cleaned file to ``target``.

    A pair goes with all its rows, by its latest time-stamp, so no pair is in both; ties are
    ordered by user and movie. Rows keep the order of the source. Rejected rows stay with
    the first file, whose source they come from.

    Args:
        scan: of ratings.csv
        target: new file

    Returns:
        what is loaded, and what is streamed

    Raises:
        DataError: fewer than two pairs
        OSError: as the disk gives it
    """
    source, pairs = scan.file.path, scan.file.keys
    if pairs < 2:
        raise DataError(
            f"{source.name} has one rating; one must be loaded and one streamed.",
            "Give a complete MovieLens folder or zip.",
        )
    count = max(1, round(pairs * STREAMED_PERCENT / 100))

    def latest() -> Iterator[tuple[Ints, Ints]]:
        for notes in scan.log.parts():
            ordered, last = _by_pair(notes)
            yield ordered[last, 1], ordered[last, 0]

    first = _first_of_newest(latest, count)
    streamed = np.zeros(-(-scan.log.rows // 8), dtype=np.uint8)
    lines = 0
    for notes in scan.log.parts():
        ordered, last = _by_pair(notes)
        ends = np.flatnonzero(last)
        newest = (ordered[ends, 1] > first[0]) | (
            (ordered[ends, 1] == first[0]) & (ordered[ends, 0] >= first[1])
        )
        rows = ordered[np.repeat(newest, np.diff(ends, prepend=-1))]
        np.bitwise_or.at(streamed, rows[:, 3] >> 3, (1 << (rows[:, 3] & 7)).astype(np.uint8))
        lines += distinct(rows, 3)
    rest = int(np.bitwise_count(streamed).sum())
    all_lines = scan.file.rows - scan.file.duplicates
    kept = source.with_name(f".{source.name}.loaded")
    sums = _write(source, kept, target, streamed)
    kept.replace(source)
    loaded = replace(
        scan.file,
        rows=scan.file.rows - rest,
        sha256=sums[0],
        keys=pairs - count,
        duplicates=scan.file.rows - rest - (all_lines - lines),
    )
    return loaded, DataFile(target, rest, [], sums[1], keys=count, duplicates=rest - lines)


def _by_pair(notes: Notes) -> tuple[Notes, NDArray[np.bool_]]:
    """Notes in order of pair and time, and which is the last of its pair."""
    ordered = notes[np.argsort(notes[:, 0])]
    if (ordered[1:, 0] == ordered[:-1, 0]).any():
        ordered = notes[np.lexsort((notes[:, 1], notes[:, 0]))]
    last = np.ones(len(ordered), dtype=np.bool_)
    last[:-1] = ordered[1:, 0] != ordered[:-1, 0]
    return ordered, last


def _first_of_newest(latest: Parts, count: int) -> tuple[int, int]:
    """The least (time, pair) of the `count` greatest: digit by digit, until few can be it."""
    known: list[tuple[int, int, int]] = []

    def candidates() -> Iterator[tuple[Ints, Ints]]:
        for both in latest():
            right = np.ones(len(both[0]), dtype=np.bool_)
            for which, shift, value in known:
                right &= both[which] >> shift == value
            yield both[0][right], both[1][right]

    for which, shift, bits in _DIGITS:
        size = 1 << bits
        counts = np.zeros(size, dtype=np.int64)
        for both in candidates():
            counts += np.bincount(both[which] >> shift & (size - 1), minlength=size)
        above = np.cumsum(counts[::-1])
        digit = size - 1 - int(np.searchsorted(above, count))
        count -= int(above[size - 1 - digit] - counts[digit])
        higher = next((value for w, s, value in reversed(known) if w == which), 0)
        known.append((which, shift, higher << bits | digit))
        if counts[digit] <= _FEW:
            break
    left = list(candidates())
    times, pairs = np.concatenate([p[0] for p in left]), np.concatenate([p[1] for p in left])
    place = np.lexsort((pairs, times))[len(times) - count]
    return int(times[place]), int(pairs[place])


def _write(source: Path, kept: Path, target: Path, streamed: NDArray[np.uint8]) -> tuple[str, str]:
    """Divide the rows; the SHA-256 of both files."""
    digests, done, begun = (hashlib.sha256(), hashlib.sha256()), 0, False
    with source.open("rb") as file, kept.open("wb") as loaded, target.open("wb") as moved:
        for whole in LineBlocks(file):
            block = whole
            if not begun:
                header, block = block[: block.index(b"\n") + 1], block[block.index(b"\n") + 1 :]
                for out, digest in zip((loaded, moved), digests, strict=True):
                    out.write(header)
                    digest.update(header)
                begun = True
            text = np.frombuffer(block, dtype=np.uint8)
            lengths = np.diff(np.flatnonzero(text == 10), prepend=-1)
            rows = np.arange(done, done + len(lengths))
            done += len(lengths)
            new = (streamed[rows >> 3] >> (rows & 7)) & 1 == 1
            for out, digest, which in zip((loaded, moved), digests, (~new, new), strict=True):
                some = text[np.repeat(which, lengths)].tobytes()
                out.write(some)
                digest.update(some)
    return digests[0].hexdigest(), digests[1].hexdigest()
