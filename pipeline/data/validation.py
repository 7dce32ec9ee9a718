"""Reads a source CSV file and writes its valid rows to a clean one.

A row is one physical line: MovieLens has no line breaks inside fields, so an unbalanced quote
costs its own row and never the following ones. Every line is either written or rejected with
its number and a reason; only empty lines at the end of the file are no rows.

A file may be of any size: it is read in blocks, and rows are counted by `pipeline.data.row_log`.
Rows of ratings that are spelled as usual are read together (`pipeline.data.plain_ratings`); all
others, one by one.
"""

from __future__ import annotations

import csv
import hashlib
import re
import time
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.data.dataset import DataFile, RejectedRow
from pipeline.data.line_blocks import LineBlocks
from pipeline.data.plain_ratings import PlainRatings, read_plain
from pipeline.data.row_log import Notes, RowLog, distinct, word
from pipeline.data.tables import MOVIES, RATINGS, Limits, Table
from pipeline.data.threshold import NOT_UTF8, first_reasons
from pipeline.errors import DataError
from pipeline.text.printable import printable

__all__ = ["Scan", "clean"]

MAX_LINE = 65_536
MAX_TEXT = 2_000
#: Rejected rows are kept in memory: a file with more is refused whatever the threshold.
MAX_REJECTED = 100_000
DAY = 86_400

# RFC 4180: a field is quoted as a whole (quotes inside doubled) or holds no quote at all.
# Possessive, so that a hostile line costs linear time.
_FIELD = r'(?:"(?:[^"]++|"")*+"|[^",]*+)'
_ROW = re.compile(f"{_FIELD}(?:,{_FIELD})*+")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_EMPTY = "empty line"
_FUTURE = "is in the future"
_AGAIN = b"again"
_SMALL_IDS = 1 << 24


@dataclass
class Scan:
    """What a file turned out to hold.

    Attributes:
        file: the cleaned file
        log: of its rows; of ratings each note is the pair, the time, the spelling of the rating,
            and which row it is
        movies: the ids, of movies.csv
    """

    file: DataFile
    log: RowLog
    movies: set[int] = field(default_factory=set)

    @property
    def hangs_on_clock(self) -> bool:
        """True when a row was rejected that a later run may accept."""
        return any(row.reason.endswith(_FUTURE) for row in self.file.rejected)


@dataclass
class _Pass:
    """The state of one pass over a file."""

    name: str
    table: Table
    limits: Limits
    out: BinaryIO
    log: RowLog
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    rejected: list[RejectedRow] = field(default_factory=list)
    movies: set[int] = field(default_factory=set)
    empty: int = 0
    """Empty lines since the last other one: rows only if one follows."""

    known: _Known | None = field(init=False)

    def __post_init__(self) -> None:
        self.known = None if self.limits.movies is None else _Known(self.limits.movies)

    def write(self, text: bytes) -> None:
        self.digest.update(text)
        self.out.write(text)

    def reject(self, number: int, reason: str, line: bytes) -> None:
        # A row may be a megabyte of anything; more than its start helps nobody.
        text = line[: 4 * MAX_TEXT].decode("utf-8", "backslashreplace")
        text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
        self.rejected.append(RejectedRow(self.name, number, shown(reason), text))
        if len(self.rejected) > MAX_REJECTED:
            raise DataError(
                f"{self.name} has more than {MAX_REJECTED:,} bad rows: "
                f"{first_reasons(self.rejected)}.",
                "Give the folder or zip that GroupLens distributes.",
            )

    def block(self, number: int, block: bytes) -> None:
        """Keep or reject each line of a block; the first is line `number` of the file."""
        found = read_plain(block)
        count = len(found.ends)
        usual = self._usual(found)
        notes = np.empty((count, 4), dtype=np.int64)
        notes[:, 0] = found.users << 31 | found.movies
        notes[:, 1] = found.times
        notes[:, 2] = found.spellings
        kept = usual.copy()
        filled = np.flatnonzero(found.ends > found.starts)
        last = int(filled[-1]) if len(filled) else -1
        if len(filled):
            for back in range(self.empty, 0, -1):
                self.reject(number - back, _EMPTY, b"")
            self.empty = 0
        for index in np.flatnonzero(~usual[: last + 1]).tolist():
            line = block[found.starts[index] : found.ends[index]]
            note = self._unusual(number + index, line)
            if note is not None:
                notes[index], kept[index] = note, True
        self.empty += count - 1 - last
        self._keep(block, found, kept, notes)

    def _usual(self, found: PlainRatings) -> NDArray[np.bool_]:
        """Which lines are valid rows of ratings at first sight."""
        if self.table is not RATINGS:
            return np.zeros(len(found.ends), dtype=np.bool_)
        usual = found.plain & (found.times <= self.limits.latest)
        return usual if self.known is None else usual & self.known.has(found.movies)

    def _unusual(self, number: int, line: bytes) -> tuple[int, int, int, int] | None:
        """The note of a valid row; None of one that is rejected."""
        fields = split_row(line, self.table)
        reason = fields if isinstance(fields, str) else self.table.check(fields, self.limits)
        if isinstance(fields, str) or reason is not None:
            self.reject(number, reason or "", line)
            return None
        if self.table is RATINGS:
            user, movie, _, time = fields
            # Below zero, since it is spelled as no usual row is, and equal to none of them.
            return int(user) << 31 | int(movie), int(time), -1 - word(line), 0
        if self.table is MOVIES:
            self.movies.add(int(fields[0]))
        key = repr(self.table.key(fields)).encode()
        return word(key), word(key, _AGAIN), word(line), word(line, _AGAIN)

    def _keep(
        self, block: bytes, found: PlainRatings, kept: NDArray[np.bool_], notes: Notes
    ) -> None:
        if not kept.all():
            text = np.frombuffer(block, dtype=np.uint8)
            block = text[np.repeat(kept, found.ends + 1 - found.starts)].tobytes()
            notes = notes[kept]
        if self.table is RATINGS:
            notes[:, 3] = np.arange(self.log.rows, self.log.rows + len(notes))
        if len(notes):
            self.log.add(notes)
            self.write(block)

    def keys_and_lines(self) -> tuple[int, int]:
        """How many different keys there are, and how many different rows."""
        key, line = (1, 3) if self.table is RATINGS else (2, 4)
        keys = lines = 0
        for notes in self.log.parts():
            keys += distinct(notes, key)
            lines += distinct(notes, line)
        return keys, lines


class _Known:
    """The ids of movies.csv, as an array that many ids can be looked up in at once."""

    def __init__(self, movies: Set[int]) -> None:
        self._ids = np.sort(np.fromiter(movies, np.int64, len(movies)))
        small = self._ids[self._ids < _SMALL_IDS]
        self._small = np.zeros(int(small.max(initial=0)) + 2, dtype=np.bool_)
        self._small[small] = True
        self._large = self._ids[self._ids >= _SMALL_IDS]

    def has(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of `ids`, none negative, are there."""
        found = self._small[np.minimum(ids, len(self._small) - 1)]
        return np.asarray(found | np.isin(ids, self._large) if len(self._large) else found)


def shown(text: str, limit: int = 200) -> str:
    """Foreign text that is safe to print: no control characters, at most ``limit`` long."""
    safe = printable(text[:limit])
    return safe if len(safe) <= limit and len(text) <= limit else f"{safe[: limit - 1]}…"


def split_row(line: bytes, table: Table) -> list[str] | str:
    """The fields of a line, or the reason why it has none.

    Raises nothing: what is wrong with a line is an answer here.
    """
    if reason := _damaged(line):
        return reason
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte 0x{line[error.start]:02X} at position {error.start + 1} {NOT_UTF8}"
    if not _ROW.fullmatch(text):
        return "unbalanced quote" if text.count('"') % 2 else "quote inside a field is not doubled"
    fields = next(csv.reader([text], strict=True)) if '"' in text else text.split(",")
    if len(fields) != len(table.columns):
        return f"{len(fields)} columns instead of {len(table.columns)} ({table.header})"
    return fields


def _damaged(line: bytes) -> str | None:
    if not line:
        return _EMPTY
    if len(line) > MAX_LINE:
        return f"longer than {MAX_LINE:,} bytes"
    if b"\x00" in line:
        return "NUL byte"
    return "carriage return inside the row" if b"\r" in line else None


def _is_header(name: str, table: Table, line: bytes) -> bool:
    """Whether the first line is the header; False when it is already a row.

    Raises DataError for a first line that is neither.
    """
    if line.startswith(_UTF16):
        raise DataError(
            f"{name} is UTF-16, not UTF-8.",
            f"Convert it: iconv -f UTF-16 -t UTF-8 {name} > new.csv",
        )
    fields = split_row(line, table)
    if isinstance(fields, list):
        if fields == list(table.columns):
            return True
        if re.fullmatch("-?[0-9]+", fields[0]):
            return False
    received = shown(line[:400].decode("utf-8", "backslashreplace"), 80)
    raise DataError(
        f'{name} has the header "{received}" instead of "{table.header}".',
        "Give the folder or zip that GroupLens distributes, or correct the first line.",
    )


def clean(
    source: Path,
    target: Path,
    table: Table,
    *,
    name: str | None = None,
    movies: Set[int] | None = None,
    now: float | None = None,
    seen: Callable[[int], None] | None = None,
) -> Scan:
    """Write the valid rows of ``source`` to ``target``, header first, and tell of the others.

    Args:
        source: any size
        target: new; what is noted of many rows goes beside it, until the scan's log is closed
        table: its columns and rules
        name: for messages and rejected rows
        movies: ids that a row may name; None: any
        now: seconds since 1970; a rating may be a day ahead of it, no more
        seen: told how many bytes of the source have been read

    Raises:
        DataError: the file has no rows or a wrong header
        OSError: as the disk gives it
    """
    name = name or source.name
    latest = int(time.time() if now is None else now) + DAY
    with source.open("rb") as file, target.open("wb", buffering=1 << 20) as out:
        scan = _Pass(name, table, Limits(movies, latest), out, RowLog(target.parent))
        scan.write(f"{table.header}\n".encode())
        blocks = LineBlocks(file, seen)
        number, begun = 1, False
        for block in blocks:
            text, count = block, block.count(b"\n")
            if not begun and block.count(b"\n") < len(block):
                begun, first = True, b"" if scan.empty else block[: block.index(b"\n")]
                if _is_header(name, table, first):
                    text, number, count = block[len(first) + 1 :], number + 1, count - 1
            if begun and text:
                scan.block(number, text)
            elif not begun:
                scan.empty += count
            number += count
    if not begun:
        raise DataError(f"{name} is empty.", "Give a complete MovieLens folder or zip.")
    rows = scan.log.rows
    if not rows and not scan.rejected:
        raise DataError(
            f"{name} has a header and no rows.", "Give a complete MovieLens folder or zip."
        )
    keys, lines = scan.keys_and_lines()
    file_ = DataFile(
        path=target,
        rows=rows,
        rejected=scan.rejected,
        sha256=scan.digest.hexdigest(),
        keys=keys,
        duplicates=rows - lines,
        unended=blocks.unended,
    )
    return Scan(file_, scan.log, scan.movies)
