"""JSON records from the lines of files: one a line, several a line, or one over several lines.

Spark hands on a file line by line. A line that ends within a value is kept until a later one
completes it, so that the objects in a record of several lines are never taken for records. What
cannot be completed is no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from .errors import SourceError
from .json_records import TOKENS, Found, complete, depth_of, objects, shown, texts


class Part(NamedTuple):
    """Where a line comes from.

    Attributes:
        file: URL
        rest: bytes of the file behind the part that this task reads
    """

    file: str | None = None
    rest: int = 0


Record = tuple[dict[str, Any] | None, str, str | None]
"""The record, or None where there is none; its text; its file."""


class RecordReader:
    """Puts records together, from the lines of one file after the other."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._depth = 0
        self._part = Part()

    def read(self, line: str, part: Part = Part()) -> Iterator[Record]:  # noqa: B008 - immutable
        """The records that a line completes, and what before it was none."""
        if self._open and part != self._part:
            yield from self.end()
        self._part = part
        yield from self._with_file(self._begin(line) if not self._open else self._go_on(line))

    def end(self) -> Iterator[Record]:
        """What is left at the end of a file.

        Raises:
            SourceError: a record goes on in a part of the file that another task reads
        """
        left, self._open = self._open, []
        if len(left) > 1 and self._part.rest > 0:
            raise SourceError(
                f"{self._part.file} has JSON records over several lines and is read in parts; "
                'read it with format_options={"multiLine": True}'
            )
        yield from self._with_file(self._given_up(left))

    def whole(self, text: str, part: Part) -> Iterator[Record]:
        """The records of a whole file."""
        for line in text.split("\n"):
            yield from self.read(line, part)
        yield from self.end()

    def _with_file(self, found: Iterable[Found]) -> Iterator[Record]:
        for record, text in found:
            yield record, text, self._part.file

    def _begin(self, line: str) -> Iterator[Found]:
        """A line that begins outside of a value."""
        rest = yield from complete(line)
        if rest:
            self._open, self._depth = [rest], _depth(rest)

    def _go_on(self, line: str) -> Iterator[Found]:
        """A line that begins within a value."""
        self._open.append(line)
        self._depth += _depth(line)
        if self._depth <= 0:
            whole, lines = "\n".join(self._open), self._open
            self._open = []
            yield from objects(whole) if _is_sound(whole) else self._given_up(lines)
        elif _is_looked_at(len(self._open)) and not _is_sound("\n".join(self._open)):
            lines = self._open
            if _is_lined(lines):  # else it is read on to the bracket that ends it
                self._open = []
                yield from self._given_up(lines)

    def _given_up(self, lines: list[str]) -> Iterator[Found]:
        """What became no value: its first line if the others are records, else all of it."""
        if not lines:
            return
        if _is_lined(lines):
            yield None, shown(lines[0].strip())
            for line in lines[1:]:
                yield from self._begin(line)
        else:
            yield None, shown("\n".join(lines).strip())


def records(batches: Iterable[pa.RecordBatch], *, whole: bool) -> Iterator[Record | None]:
    """The records of batches of ``(text, file, rest)`` or ``(text,)``; None after each batch.

    Args:
        whole: a text is a whole file, otherwise a line of one
    """
    reader = RecordReader()
    for batch in batches:
        parts = [column.to_pylist() for column in batch.columns[1:]]
        rows = zip(*parts, strict=True) if parts else ((),) * batch.num_rows
        for text, row in zip(texts(batch.column(0)), rows, strict=True):
            part = Part(*row)
            if whole:
                yield from reader.whole(text, part)
            else:
                yield from reader.read(text, part)
        yield None
    yield from reader.end()
    yield None


def _depth(text: str) -> int:
    return sum(depth_of(found[0]) for found in TOKENS.finditer(text))


def _is_looked_at(lines: int) -> bool:
    """Whether to look if a value that goes on is sound so far: ever more rarely."""
    return lines <= 3 or lines & (lines - 1) == 0


def _is_sound(text: str) -> bool:
    """Whether a text is values, the last of which may go on beyond it."""
    return all(record is not None for record, _ in complete(text))


def _is_lined(lines: list[str]) -> bool:
    """Whether all lines but the first are records of their own."""
    return all(
        record is not None for line in lines[1:] if line.strip() for record, _ in objects(line)
    )
