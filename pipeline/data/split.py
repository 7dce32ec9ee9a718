"""Splits one ratings file into the part DMS loads and the part that is streamed.

The workshop brings its own split (ratings.csv, ratings-partial-load.csv); GroupLens' archives
have only ratings.csv. The newest fifth is streamed, as it would arrive last in life.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path

from pipeline.data.dataset import DataFile
from pipeline.data.validation import Scan
from pipeline.errors import DataError

__all__ = ["STREAMED_PERCENT", "split_ratings"]

STREAMED_PERCENT = 20


def split_ratings(scan: Scan, target: Path) -> tuple[Scan, Scan]:
    """Move the newest 20 % of the (user, movie) pairs of a cleaned file to ``target``.

    A pair goes with all its rows, by its latest time-stamp, so no pair is in both; ties are
    ordered by user and movie. Rows keep the order of the source. Rejected rows stay with
    the first file, whose source they come from. Raises DataError for fewer than two pairs.
    """
    source = scan.file.path
    header, *lines = source.read_bytes().splitlines(keepends=True)
    latest: dict[tuple[int, int], int] = {}
    pairs: list[tuple[int, int]] = []
    for line in lines:
        # Cleaned rows may quote a number; nothing in a ratings row needs quotes.
        user, movie, _, time = line.replace(b'"', b"").split(b",")
        pair = (int(user), int(movie))
        pairs.append(pair)
        latest[pair] = max(latest.get(pair, 0), int(time))
    newest_last = sorted(latest, key=lambda pair: (latest[pair], pair))
    if len(newest_last) < 2:
        raise DataError(
            f"{source.name} has one rating; one must be loaded and one streamed.",
            "Give a complete MovieLens folder or zip.",
        )
    count = max(1, round(len(newest_last) * STREAMED_PERCENT / 100))
    streamed = set(newest_last[len(newest_last) - count :])
    loaded_lines = [line for line, pair in zip(lines, pairs, strict=True) if pair not in streamed]
    streamed_lines = [line for line, pair in zip(lines, pairs, strict=True) if pair in streamed]
    loaded = _write(source, header, loaded_lines, set(latest) - streamed)
    rest = _write(target, header, streamed_lines, set(streamed))
    return replace(loaded, file=replace(loaded.file, rejected=scan.file.rejected)), rest


def _write(path: Path, header: bytes, lines: list[bytes], keys: set[tuple[int, int]]) -> Scan:
    content = b"".join([header, *lines])
    path.write_bytes(content)
    file = DataFile(
        path=path,
        rows=len(lines),
        rejected=[],
        sha256=hashlib.sha256(content).hexdigest(),
        keys=len(keys),
        duplicates=len(lines) - len(set(lines)),
    )
    distinct: set[Hashable] = set(keys)
    return Scan(file, distinct)
