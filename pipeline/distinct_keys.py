"""Distinct keys of any number in a bounded part of memory.

Keys are kept as digests of 16 bytes, apart by their first byte; beyond a bound they lie in a
temporary file, so that one part after the other is compared. That two of a thousand million keys
share a digest has a probability below 10^-20.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO, Final

__all__ = ["DistinctKeys", "Overlap"]

_WIDTH: Final = 16
_PARTS: Final = 64
_MOST_IN_MEMORY: Final = 32 << 20
"""Bytes of digests that one `DistinctKeys` holds before they go to the file."""


@dataclass(frozen=True)
class Overlap:
    """How many keys two sets share."""

    first_only: int
    both: int
    second_only: int

    @property
    def same(self) -> bool:
        """Whether they hold the same keys."""
        return not self.first_only and not self.second_only


class DistinctKeys:
    """A set of which only the size and the overlap with another one are asked for.

    Keys are tuples of numbers and texts. For one thread at a time.
    """

    def __init__(self, *, most_in_memory: int = _MOST_IN_MEMORY) -> None:
        self._most = most_in_memory
        self._parts = [bytearray() for _ in range(_PARTS)]
        self._room = most_in_memory
        self._file: BinaryIO | None = None
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(_PARTS)]
        self._size: int | None = 0
        self._reading = threading.Lock()

    def add(self, key: tuple[Hashable, ...]) -> None:
        """Add a key; one that is there already changes nothing."""
        digest = blake2b(repr(key).encode(), digest_size=_WIDTH).digest()
        self._parts[digest[0] % _PARTS] += digest
        self._size = None
        self._room -= _WIDTH
        if self._room <= 0:
            self._make_room()

    def __len__(self) -> int:
        """How many different keys were added."""
        if self._size is None:
            self._size = sum(len(part) for part in self._sets())
        return self._size

    def overlap(self, other: DistinctKeys) -> Overlap:
        """What this set and `other` share."""
        first = both = second = 0
        for mine, theirs in zip(self._sets(), other._sets(), strict=True):
            shared = len(mine & theirs)
            first, both, second = (
                first + len(mine) - shared,
                both + shared,
                second + len(theirs) - shared,
            )
        return Overlap(first, both, second)

    def _sets(self) -> Iterator[set[bytes]]:
        for number in range(_PARTS):
            yield self._set(number)

    def _set(self, number: int) -> set[bytes]:
        found = _split(bytes(self._parts[number]))
        if self._file is not None:
            with self._reading:
                for place, length in self._places[number]:
                    self._file.seek(place)
                    found |= _split(self._file.read(length))
        return found

    def _make_room(self) -> None:
        """Leave out what is there twice; if that is not enough, write all to the file."""
        for number, part in enumerate(self._parts):
            self._parts[number] = bytearray().join(_split(bytes(part)))
        used = sum(len(part) for part in self._parts)
        if used > self._most // 2:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the set
            with self._reading:
                for number, part in enumerate(self._parts):
                    place = self._file.seek(0, 2)
                    self._file.write(part)
                    self._places[number].append((place, len(part)))
                    self._parts[number] = bytearray()
            used = 0
        self._room = self._most - used


def _split(digests: bytes) -> set[bytes]:
    return {digests[at : at + _WIDTH] for at in range(0, len(digests), _WIDTH)}
