"""Tar files, gzip or plain: read by Python's `tarfile`, forward only."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lakestack.archives.plan import (
    MAX_HEADER_BYTES,
    Entry,
    Plan,
    TooLargeError,
    all_or_nothing,
    parts_of,
    readable,
)

_GZIP_MAGIC = b"\x1f\x8b"


def untar(archive: Path, folder: Path, max_bytes: int) -> int:
    """Unpack a tar file, gzip or plain, below `folder`, which is gone again when it fails.

    Files are writable by their owner alone; setuid, setgid and sticky bits are left out.

    Returns:
        bytes written

    Raises:
        ArchiveError: damaged, no tar file, or an entry that is refused
        TooLargeError: more bytes or entries than allowed
    """
    name = archive.name
    with all_or_nothing(folder), readable(name, "tar.gz"):
        plan = Plan(name, max_bytes)
        with _opened_tar(archive) as tar:
            for number, member in enumerate(_members(tar)):
                plan.add(_tar_entry(plan, member), number)
        plan.check()
        with _opened_tar(archive) as tar:
            for number, member in enumerate(_members(tar)):
                entry = plan.entry_of(member.name, number)
                if entry is not None and entry.kind in ("file", "folder"):
                    plan.write(folder, entry, lambda m=member: tar.extractfile(m))  # type: ignore[misc]
        plan.link(folder)
        return plan.written


def _tar_entry(plan: Plan, member: tarfile.TarInfo) -> Entry:
    shown = repr(member.name[:200])
    parts = parts_of(member.name)
    if parts is None:
        raise plan.refuse("has a name that is absolute, leads outside or is none", shown)
    kinds: Iterable[tuple[bool, str]] = (
        (member.isreg(), "file"),
        (member.isdir(), "folder"),
        (member.issym(), "symlink"),
        (member.islnk(), "hardlink"),
    )
    kind = next((kind for found, kind in kinds if found), None)
    if kind is None:
        raise plan.refuse("is no file, folder or link", shown)
    if member.size < 0:
        raise plan.refuse("has a size below zero", shown)
    mode = member.mode & 0o755 | 0o600
    if not mode & 0o100:
        mode &= ~0o111
    size = member.size if kind == "file" else 0
    return Entry(member.name, parts, kind, mode, size, member.linkname)


@contextmanager
def _opened_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    with archive.open("rb") as raw:
        packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        plain: Any = gzip.GzipFile(fileobj=raw) if packed else raw
        with tarfile.open(fileobj=_Bounded(plain, archive.name), mode="r:") as tar:  # type: ignore[call-overload]
            yield tar


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := tar.next()) is not None:
        yield member
        setattr(tar, "members", [])  # noqa: B010 - not in its stub; it would keep them all


class _Bounded:
    """A file that refuses to be read in pieces of any size.

    `tarfile` reads the extended names and attributes of an entry whole, as long as its header says
    they are.
    """

    def __init__(self, file: Any, name: str) -> None:
        self._file, self._name = file, name
        self.tell, self.seek = file.tell, file.seek

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_HEADER_BYTES:
            raise TooLargeError(f"{self._name} is refused: an entry's header is too long")
        data: bytes = self._file.read(size)
        return data
