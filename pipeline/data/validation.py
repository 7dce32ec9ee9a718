"""Reads a source CSV file row by row and writes its valid rows to a clean one.

A row is one physical line: MovieLens has no line breaks inside fields, so an unbalanced quote
costs its own row and never the following ones. Every line is either written or rejected with
its number and a reason; only empty lines at the end of the file are no rows.
"""

from __future__ import annotations

import csv
import hashlib
import re
import time
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pipeline.data.dataset import DataFile, RejectedRow
from pipeline.data.tables import RATINGS, Limits, Table
from pipeline.errors import DataError
from pipeline.printable import printable

__all__ = ["Scan", "check_threshold", "clean"]

MAX_LINE = 65_536
MAX_TEXT = 2_000
#: Rejected rows are kept in memory: a file with more is refused whatever the threshold.
MAX_REJECTED = 100_000
DAY = 86_400

# RFC 4180: a field is quoted as a whole (quotes inside doubled) or holds no quote at all.
# Possessive, so that a hostile line costs linear time.
_FIELD = r'(?:"(?:[^"]++|"")*+"|[^",]*+)'
_ROW = re.compile(f"{_FIELD}(?:,{_FIELD})*+")
# What nearly every ratings row looks like; anything else takes the slow path.
_PLAIN_RATING = re.compile(
    rb"([1-9][0-9]{0,8}),([1-9][0-9]{0,8}),(?:[1-4](?:\.[05])?|0\.5|5(?:\.0)?),([1-9][0-9]{8,9})"
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_FUTURE = "is in the future"
_NOT_UTF8 = "is not UTF-8"


@dataclass
class Scan:
    """What a file turned out to hold. ``keys`` are the distinct keys of its valid rows."""

    file: DataFile
    keys: set[Hashable]

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
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    rows: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)
    keys: set[Hashable] = field(default_factory=set)
    lines: set[bytes] = field(default_factory=set)

    def write(self, line: bytes) -> None:
        line += b"\n"
        self.digest.update(line)
        self.out.write(line)

    def keep(self, line: bytes, key: Hashable) -> None:
        self.rows += 1
        self.keys.add(key)
        self.lines.add(line)
        self.write(line)

    def reject(self, number: int, reason: str, line: bytes) -> None:
        # A row may be a megabyte of anything; more than its start helps nobody.
        text = line[: 4 * MAX_TEXT].decode("utf-8", "backslashreplace")
        text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
        self.rejected.append(RejectedRow(self.name, number, shown(reason), text))
        if len(self.rejected) > MAX_REJECTED:
            raise DataError(
                f"{self.name} has more than {MAX_REJECTED:,} bad rows: {_first(self.rejected)}.",
                "Give the folder or zip that GroupLens distributes.",
            )

    def row(self, number: int, line: bytes) -> None:
        """Keep or reject one row."""
        if self.table is RATINGS and (plain := _PLAIN_RATING.fullmatch(line)):
            movie = int(plain[2])
            if int(plain[3]) <= self.limits.latest and (
                self.limits.movies is None or movie in self.limits.movies
            ):
                self.keep(line, (int(plain[1]), movie))
                return
        fields = split_row(line, self.table)
        reason = fields if isinstance(fields, str) else self.table.check(fields, self.limits)
        if isinstance(fields, str) or reason is not None:
            self.reject(number, reason or "", line)
        else:
            self.keep(line, self.table.key(fields))


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
        return f"byte 0x{line[error.start]:02X} at position {error.start + 1} {_NOT_UTF8}"
    if not _ROW.fullmatch(text):
        return "unbalanced quote" if text.count('"') % 2 else "quote inside a field is not doubled"
    fields = next(csv.reader([text], strict=True)) if '"' in text else text.split(",")
    if len(fields) != len(table.columns):
        return f"{len(fields)} columns instead of {len(table.columns)} ({table.header})"
    return fields


def _damaged(line: bytes) -> str | None:
    if not line:
        return "empty line"
    if len(line) > MAX_LINE:
        return f"longer than {MAX_LINE:,} bytes"
    if b"\x00" in line:
        return "NUL byte"
    return "carriage return inside the row" if b"\r" in line else None


def _numbered(source: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines with their number, without line ends, BOM and the empty lines at the end."""
    empty = 0
    for number, raw in enumerate(source, start=1):
        line = raw[:-2] if raw.endswith(b"\r\n") else raw.removesuffix(b"\n")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            empty += 1
            continue
        for back in range(empty, 0, -1):
            yield number - back, b""
        empty = 0
        yield number, line


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
    movies: set[int] | None = None,
    now: float | None = None,
) -> Scan:
    """Write the valid rows of ``source`` to ``target``, header first, and tell of the others.

    ``now`` (seconds since 1970) is the present; a rating may be a day ahead of it, no more.
    Raises DataError when the file has no rows or a wrong header, OSError as the disk gives it.
    """
    name = name or source.name
    latest = int(time.time() if now is None else now) + DAY
    with source.open("rb") as lines, target.open("wb", buffering=1 << 20) as out:
        scan = _Pass(name, table, Limits(movies, latest), out)
        scan.write(table.header.encode())
        numbered = _numbered(lines)
        first = next(numbered, None)
        if first is None:
            raise DataError(f"{name} is empty.", "Give a complete MovieLens folder or zip.")
        if not _is_header(name, table, first[1]):
            scan.row(*first)
        for number, line in numbered:
            scan.row(number, line)
    if not scan.rows and not scan.rejected:
        raise DataError(
            f"{name} has a header and no rows.", "Give a complete MovieLens folder or zip."
        )
    file = DataFile(
        path=target,
        rows=scan.rows,
        rejected=scan.rejected,
        sha256=scan.digest.hexdigest(),
        keys=len(scan.keys),
        duplicates=scan.rows - len(scan.lines),
    )
    return Scan(file, scan.keys)


def check_threshold(name: str, file: DataFile, max_rejected_percent: float) -> None:
    """Raise DataError when more of a file's rows are bad than ``max_rejected_percent``.

    A file of which no row is valid is refused whatever the threshold.
    """
    bad, total = len(file.rejected), file.rows + len(file.rejected)
    if file.rows and bad * 100 <= max_rejected_percent * total:
        return
    hint = "Correct these rows and run the command again."
    foreign = sum(row.reason.endswith(_NOT_UTF8) for row in file.rejected)
    if foreign * 2 > bad:  # not one damaged row among others that are bad in other ways
        hint = f"The file looks like Latin-1; convert it: iconv -f LATIN1 -t UTF-8 {name} > new.csv"
    raise DataError(
        f"{name}: {bad:,} of {total:,} rows are bad ({bad * 100 / total:.2f} %, allowed are "
        f"{max_rejected_percent:g} %): {_first(file.rejected)}.",
        hint,
    )


def _first(rejected: list[RejectedRow], count: int = 3) -> str:
    shown = [f"line {row.line}: {row.reason}" for row in rejected[:count]]
    return "; ".join(shown) + ("; …" if len(rejected) > count else "")
