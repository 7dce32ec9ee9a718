"""Large contents of a snapshot, by SHA-256: objects of S3, archives, records.

They lie one after another in packs, ``bodies-<number>.pack``; ``bodies.json`` says where. A save
adds one pack with what is new, and links the former ones; a pack of which less than half is used,
and small ones when there are many, are written again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from lakestack.errors import SnapshotError
from lakestack.services.saved_state.folder import CHUNK, Snapshot, naming, sync

INDEX = "bodies.json"
MOST_PACKS = 12
SMALL_PACK = 16 << 20

Place = tuple[str, int, int]
"""Pack, offset and size."""


class Stored:
    """The contents of a complete snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._path = snapshot.path
        document = json.loads((snapshot.path / INDEX).read_bytes())
        self.places: dict[str, Place] = {digest: tuple(p) for digest, p in document.items()}

    def read(self, digest: str) -> bytes:
        """One content.

        Raises:
            SnapshotError: there is none
        """
        return b"".join(self.chunks(digest))

    def chunks(self, digest: str) -> Iterator[bytes]:
        """One content, piece by piece.

        Raises:
            SnapshotError: there is none, or it ends early
        """
        if digest not in self.places:
            raise SnapshotError(f"there is no content {digest}")
        pack, offset, size = self.places[digest]
        with (self._path / pack).open("rb") as file:
            file.seek(offset)
            while size:
                piece = file.read(min(size, CHUNK))
                if not piece:
                    raise SnapshotError(f"{pack} ends early")
                size -= len(piece)
                yield piece


class Kept:
    """The contents of a snapshot that is being written.

    Args:
        path: its folder
        number: of the snapshot
        former: what it may link to
    """

    def __init__(self, path: Path, number: int, former: Snapshot | None) -> None:
        self._path, self._name = path, f"bodies-{number:08d}.pack"
        self._former = former
        self._stored = Stored(former) if former is not None else None
        self._places: dict[str, Place] = {}
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self._end = 0

    def keep(self, content: bytes) -> str:
        """Keep a content; returns its name."""
        digest = hashlib.sha256(content).hexdigest()
        if not self.has(digest):
            self._append(digest, iter((content,)))
        return digest

    def has(self, digest: str) -> bool:
        """Whether a content is there, or was in the former snapshot: then it is kept."""
        if digest in self._places:
            return True
        if self._stored is None or digest not in self._stored.places:
            return False
        self._places[digest] = self._stored.places[digest]
        return True

    def keep_chunks(self, digest: str, chunks: Callable[[], Iterator[bytes]]) -> bool:
        """Keep what is too large for memory; whether it was what its name says."""
        if self.has(digest):
            return True
        if self._append(digest, chunks()) == digest:
            return True
        del self._places[digest]
        return False

    def forget(self) -> None:
        """Begin again; what was written stays in the pack, without a name."""
        self._places.clear()

    def finish(self) -> dict[str, dict[str, Any]]:
        """Complete the packs; returns size and SHA-256 of each file."""
        self._pack_again()
        files: dict[str, dict[str, Any]] = {}
        used = {pack for pack, _, _ in self._places.values()} - {self._name}
        for pack in sorted(used):
            assert self._former is not None  # noqa: S101 - where else is it from
            _link(self._former.path / pack, self._path / pack)
            files[pack] = self._former.files[pack]
        if self._file is not None:
            with naming(self._path / self._name):
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
            files[self._name] = {"size": self._end, "sha256": self._digest.hexdigest()}
        return files

    @property
    def index(self) -> dict[str, Place]:
        """Where each content is."""
        return self._places

    def close(self) -> None:
        """Let go of the file of a snapshot that is not finished."""
        if self._file is not None:
            self._file.close()

    def _append(self, name: str, chunks: Iterator[bytes]) -> str:
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._file = os.fdopen(os.open(self._path / self._name, flags, 0o600), "wb")
        start, digest = self._end, hashlib.sha256()
        for piece in chunks:
            with naming(self._path / self._name):
                self._file.write(piece)
            self._digest.update(piece)
            digest.update(piece)
            self._end += len(piece)
        self._places[name] = (self._name, start, self._end - start)
        return digest.hexdigest()

    def _pack_again(self) -> None:
        if self._former is None or self._stored is None:
            return
        live: Counter[str] = Counter()
        for pack, _, size in self._places.values():
            live[pack] += size
        sizes = {p: self._former.files[p]["size"] for p in live if p != self._name}
        many = len(sizes) > MOST_PACKS
        again = {
            pack
            for pack, size in sizes.items()
            if live[pack] * 2 < size or (many and size < SMALL_PACK)
        }
        for digest, (pack, _, _) in list(self._places.items()):
            if pack in again:
                self._append(digest, self._stored.chunks(digest))


def _link(source: Path, target: Path) -> None:
    with contextlib.suppress(OSError):  # a file system without links
        target.hardlink_to(source)
        return
    shutil.copyfile(source, target)
    sync(target.parent)
