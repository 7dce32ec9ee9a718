"""Notes on every row of a file, to count keys and equal rows in bounded memory.

Half a million notes are held in memory; more go to files on disk, divided by key, so that all notes
of a key are in one file, and one file at a time is looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOTE_BYTES", "Notes", "RowLog", "distinct", "shared_keys", "word"]

Notes = NDArray[np.int64]
"""Shape (rows, 4): two words that are equal for equal keys, two more for equal rows."""
NOTE_BYTES: Final = 32
IN_MEMORY: Final = 1 << 19
PARTS: Final = 128
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


def word(content: bytes, salt: bytes = b"") -> int:
    """63 bits that stand for `content`: two contents share them by chance of 1 in 10^19."""
    digest = hashlib.blake2b(content, digest_size=8, salt=salt).digest()
    return int.from_bytes(digest, "little") >> 1


@dataclass
class RowLog:
    """Notes on the rows of one file.

    Attributes:
        folder: where files may be made; they are gone when the log is closed, or forgotten
        rows: how many notes there are
    """

    folder: Path
    rows: int = 0
    _held: list[Notes] = field(default_factory=list)
    _held_rows: int = 0
    _files: tempfile.TemporaryDirectory[str] | None = None

    def add(self, notes: Notes) -> None:
        """Note some rows, in order.

        Raises:
            OSError: the disk does not take them
        """
        self.rows += len(notes)
        self._held_rows += len(notes)
        self._held.append(notes)
        if self._held_rows > IN_MEMORY:
            self.spill()

    @property
    def spilled(self) -> bool:
        """Whether there are notes on disk."""
        return self._files is not None

    def spill(self) -> None:
        """Move what is held to the files."""
        if self._files is None:
            self._files = tempfile.TemporaryDirectory(prefix=".rows-", dir=self.folder)
        if not self._held:
            return
        notes = np.concatenate(self._held)
        self._held, self._held_rows = [], 0
        part = ((notes[:, 0].astype(np.uint64) * _SPREAD) >> np.uint64(57)).astype(np.uint8)
        ordered = notes[np.argsort(part, kind="stable")]
        ends = np.cumsum(np.bincount(part, minlength=PARTS))
        for number, some in enumerate(np.split(ordered, ends[:-1])):
            if len(some):
                with self._file(number).open("ab") as out:
                    out.write(some.tobytes())

    def parts(self) -> Iterator[Notes]:
        """All notes: those of a key in one array, in the order of the rows."""
        if self._files is None:
            yield np.concatenate(self._held) if self._held else np.empty((0, 4), np.int64)
            return
        self.spill()
        for number in range(PARTS):
            yield self._read(number)

    def close(self) -> None:
        """Forget all notes and delete the files."""
        self._held = []
        if self._files is not None:
            self._files.cleanup()

    def _file(self, number: int) -> Path:
        assert self._files is not None  # noqa: S101 - for mypy
        return Path(self._files.name) / str(number)

    def _read(self, number: int) -> Notes:
        with contextlib.suppress(FileNotFoundError):
            return np.fromfile(self._file(number), dtype=np.int64).reshape(-1, 4)
        return np.empty((0, 4), np.int64)


def distinct(notes: Notes, columns: int) -> int:
    """How many different notes there are by their first `columns` words."""
    if not len(notes):
        return 0
    first = np.sort(notes[:, 0])
    changes = int(np.count_nonzero(first[1:] != first[:-1])) + 1
    if columns == 1 or changes == len(notes):
        return changes
    # Only rows that share their first word can be equal.
    repeated = np.unique(first[1:][first[1:] == first[:-1]])
    shared = notes[np.isin(notes[:, 0], repeated)][:, :columns]
    ordered = shared[np.lexsort(shared.T[::-1])]
    different = (ordered[1:] != ordered[:-1]).any(axis=1)
    return changes - len(repeated) + int(np.count_nonzero(different)) + 1


def shared_keys(one: RowLog, other: RowLog) -> int:
    """How many keys, of one word, two logs have together."""
    if one.spilled or other.spilled:
        one.spill()
        other.spill()
    both = zip(one.parts(), other.parts(), strict=True)
    return sum(distinct(np.concatenate(pair), 1) for pair in both)
