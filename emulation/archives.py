"""Unpacks zip and tar files that anybody may have made: nothing outside the folder, and no more
than a bound.

Every entry is looked at before the first is written. Refused are names that are absolute, of
Windows, or climb out with ``..``; links to the outside, straight or by way of other links of the
archive; entries that lie below a link or replace one; devices, pipes and sockets. Links are made
last, so that nothing is written through one. The bytes that come out are counted, whatever the
archive says of itself.

Python's own filters (PEP 706) know no bound, no zip files, and let an entry go through a link.
The pipeline has an unpacker of its own (`pipeline.data.archive`), as it may import nothing of the
emulator; it takes a few files of known names out and needs no links.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from emulation.errors import EmulationError

MAX_ENTRIES = 100_000
MAX_NAME_BYTES = 1_024
MAX_PART_BYTES = 255
MAX_LINKS = 40
MAX_HEADER_BYTES = 1 << 20
"""Entries, a name, one part of it, links on the way to a file (as Linux has it), and the names and
attributes of one entry of a tar file: our guess."""

_CHUNK = 1 << 18
_WINDOWS = re.compile(r"[A-Za-z]:")
_GZIP_MAGIC = b"\x1f\x8b"


class ArchiveError(EmulationError):
    """An archive is damaged, or an entry of it is refused (named)."""


class TooLargeError(ArchiveError):
    """An archive holds more bytes or entries than it may."""


@dataclass(frozen=True)
class _Entry:
    """What an archive wants to have written; `parts` is its path below the folder."""

    name: str
    parts: tuple[str, ...]
    kind: str  # file, folder, symlink, hardlink
    mode: int
    size: int = 0
    target: str = ""

    @property
    def shown(self) -> str:
        return repr(self.name if len(self.name) <= 200 else self.name[:200] + "...")


def check_zip(archive: Path | IO[bytes], max_bytes: int, name: str = "the archive") -> int:
    """Look at all entries of a zip file and write nothing.

    :return: bytes of all files as the archive states them; `unzip` writes no more than that
    :raises ArchiveError: as `unzip`
    """
    with _opened_zip(archive, name) as opened:
        return _planned_zip(opened, max_bytes, name).stated


def unzip(archive: Path | IO[bytes], folder: Path, max_bytes: int, name: str = "") -> None:
    """Unpack a zip file below `folder`, which is gone again when it fails.

    Permissions of files are kept, without setuid, setgid and sticky bits; 0644 where there are
    none.

    :param name: of the archive, for errors
    :raises ArchiveError: damaged, encrypted, packed by another method than deflate, or an entry
        that is refused
    :raises TooLargeError: more bytes or entries than allowed
    """
    name = name or (archive.name if isinstance(archive, Path) else "the archive")
    with _all_or_nothing(folder), _opened_zip(archive, name) as opened:
        plan = _planned_zip(opened, max_bytes, name)
        for info in opened.infolist():
            entry = plan.entry_of(info.filename, info.header_offset)
            if entry is not None and entry.kind in ("file", "folder"):
                plan.write(folder, entry, lambda info=info: opened.open(info))  # type: ignore[misc]
        plan.link(folder)


def untar(archive: Path, folder: Path, max_bytes: int) -> int:
    """Unpack a tar file, gzip or plain, below `folder`, which is gone again when it fails.

    Files are writable by their owner alone; setuid, setgid and sticky bits are left out.

    :return: bytes written
    :raises ArchiveError: damaged, no tar file, or an entry that is refused
    :raises TooLargeError: more bytes or entries than allowed
    """
    name = archive.name
    with _all_or_nothing(folder), _readable(name, "tar.gz"):
        plan = _Plan(name, max_bytes)
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


@dataclass
class _Plan:
    """All entries of an archive by the path that they take; the last of a name wins."""

    archive: str
    max_bytes: int
    stated: int = 0
    written: int = 0
    count: int = 0
    numbers: dict[tuple[str, ...], tuple[_Entry, int]] = field(default_factory=dict)
    kinds: dict[tuple[str, ...], str] = field(default_factory=dict)

    def refuse(self, what: str, shown: str) -> ArchiveError:
        return ArchiveError(f"{self.archive} is refused: the entry {shown} {what}")

    def add(self, entry: _Entry, number: int) -> None:
        self.count += 1
        self.stated += entry.size
        if self.count > MAX_ENTRIES:
            raise TooLargeError(
                f"{self.archive} is refused: it has more than {MAX_ENTRIES} entries"
            )
        if self.stated > self.max_bytes:
            raise self._too_large()
        if not entry.parts:
            return  # "./", the folder itself
        key = _key(entry.parts)
        before = self.kinds.get(key)
        if before is not None and before != entry.kind:
            raise self.refuse(f"takes the place of a {before}", entry.shown)
        if before is not None and entry.kind in ("symlink", "hardlink"):
            raise self.refuse("takes the place of another link", entry.shown)
        self.kinds[key] = entry.kind
        self.numbers[entry.parts] = (entry, number)

    def check(self) -> None:
        """Look at the entries together: what lies below what, and where links lead."""
        links = {_key(e.parts): e for e, _ in self.numbers.values() if e.kind == "symlink"}
        for entry, _ in self.numbers.values():
            for depth in range(1, len(entry.parts)):
                above = self.kinds.get(_key(entry.parts[:depth]))
                if above not in (None, "folder"):
                    raise self.refuse(f"lies below a {above}", entry.shown)
            if entry.kind == "symlink":
                self._follow(entry, links)
            elif entry.kind == "hardlink":
                self._linked(entry)

    def entry_of(self, name: str, number: int) -> _Entry | None:
        """The entry with this number, unless a later one has taken its path."""
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        found = self.numbers.get(parts)
        return found[0] if found is not None and found[1] == number else None

    def write(self, folder: Path, entry: _Entry, content: Callable[[], Any]) -> None:
        path = folder.joinpath(*entry.parts)
        if entry.kind == "folder":
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        left = entry.size
        try:
            with content() as source, os.fdopen(os.open(path, flags, 0o600), "wb") as out:
                while chunk := source.read(_CHUNK):
                    self.written += len(chunk)
                    left -= len(chunk)
                    if left < 0 or self.written > self.max_bytes:
                        raise self._too_large()
                    out.write(chunk)
                os.fchmod(out.fileno(), entry.mode)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as e:
            raise ArchiveError(f"{self.archive}: the entry {entry.shown} is damaged: {e}") from e
        except FileExistsError as e:
            raise self.refuse("is there twice on this file system", entry.shown) from e
        if left:
            raise ArchiveError(f"{self.archive}: the entry {entry.shown} is shorter than it says")

    def link(self, folder: Path) -> None:
        """Make the links, when all files are there."""
        for kind in ("hardlink", "symlink"):
            for entry, _ in self.numbers.values():
                if entry.kind != kind:
                    continue
                path = folder.joinpath(*entry.parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                if kind == "hardlink":
                    os.link(folder.joinpath(*self._linked(entry)), path, follow_symlinks=False)
                else:
                    path.symlink_to(entry.target)

    def _linked(self, entry: _Entry) -> tuple[str, ...]:
        """Path of the file that a hard link names."""
        parts = _parts(entry.target)
        if parts is None or parts not in self.numbers or self.kinds.get(_key(parts)) != "file":
            raise self.refuse("is a hard link to what is no file of the archive", entry.shown)
        return parts

    def _follow(self, entry: _Entry, links: dict[tuple[str, ...], _Entry]) -> None:
        """Go where a symbolic link leads, by way of the archive's other links."""
        target, followed = entry.target, 0
        here = list(entry.parts[:-1])
        steps = _steps(target)
        if not target or "\x00" in target or len(os.fsencode(target)) > MAX_NAME_BYTES:
            raise self.refuse("is a symbolic link to a name that is none", entry.shown)
        if target.startswith("/") or "\\" in target or _WINDOWS.match(target):
            raise self.refuse("is a symbolic link to an absolute name", entry.shown)
        while steps:
            step = steps.pop(0)
            if step == "..":
                if not here:
                    raise self.refuse("is a symbolic link that leads outside", entry.shown)
                here.pop()
                continue
            here.append(step)
            if (other := links.get(_key(here))) is not None:
                followed += 1
                if followed > MAX_LINKS:
                    return  # a circle: nothing can be opened through it
                if other.target.startswith("/"):
                    raise self.refuse("is a symbolic link that leads outside", entry.shown)
                here.pop()
                steps = [*_steps(other.target), *steps]
                if len(steps) > MAX_NAME_BYTES:
                    raise self.refuse("is a symbolic link through too many others", entry.shown)

    def _too_large(self) -> TooLargeError:
        return TooLargeError(
            f"{self.archive} unpacks to more than the {self.max_bytes} bytes that are allowed"
        )


def _planned_zip(opened: zipfile.ZipFile, max_bytes: int, name: str) -> _Plan:
    plan = _Plan(name, max_bytes)
    end = 0
    for info in sorted(opened.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise plan.refuse("lies over another one in the file", repr(info.filename[:200]))
        end = info.header_offset + 30 + info.compress_size
    for info in opened.infolist():
        plan.add(_zip_entry(plan, opened, info), info.header_offset)
    plan.check()
    return plan


def _zip_entry(plan: _Plan, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Entry:
    # ZipInfo cuts a name at NUL and keeps what was written in orig_filename.
    shown = repr(info.orig_filename[:200])
    parts = _parts(info.orig_filename)
    if parts is None:
        raise plan.refuse("has a name that is absolute, leads outside or is none", shown)
    if info.flag_bits & 0x1:
        raise plan.refuse("is encrypted", shown)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise plan.refuse("is packed by another method than deflate", shown)
    mode = info.external_attr >> 16 if info.create_system == 3 else 0  # 3: written on Unix
    kind = {0: "file", stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "symlink"}.get(
        stat.S_IFMT(info.external_attr >> 16)
    )
    if kind is None:
        raise plan.refuse("is no file, folder or link", shown)
    if info.orig_filename.endswith("/"):
        if kind == "symlink":
            raise plan.refuse("is a folder and a link", shown)
        return _Entry(info.filename, parts, "folder", 0)
    if kind == "folder":
        raise plan.refuse("is a folder by its mode and a file by its name", shown)
    permissions = stat.S_IMODE(mode) & 0o777 or 0o644
    target = ""
    if kind == "symlink":
        if info.file_size > MAX_NAME_BYTES:
            raise plan.refuse("is a symbolic link to a name that is too long", shown)
        with _readable(plan.archive, "zip"):
            target = os.fsdecode(opened.read(info))
    return _Entry(info.filename, parts, kind, permissions, info.file_size, target)


def _tar_entry(plan: _Plan, member: tarfile.TarInfo) -> _Entry:
    shown = repr(member.name[:200])
    parts = _parts(member.name)
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
    return _Entry(member.name, parts, kind, mode, size, member.linkname)


def _parts(name: str) -> tuple[str, ...] | None:
    """A name's path below the folder; None where it is absolute, of Windows, or leads outside."""
    if not name or name.startswith("/") or _WINDOWS.match(name):
        return None
    if "\x00" in name or "\\" in name or len(os.fsencode(name)) > MAX_NAME_BYTES:
        return None
    parts = tuple(_steps(name))
    if ".." in parts or any(len(os.fsencode(part)) > MAX_PART_BYTES for part in parts):
        return None
    return parts


def _steps(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _key(parts: Iterable[str]) -> tuple[str, ...]:
    """What a file system that knows no case, or one form of accents, takes for the same path."""
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[None]:
    """Make the folder; take it away if the block fails."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def _readable(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, tarfile.TarError) as e:
        raise ArchiveError(f"{name} is not a readable {kind} file: {e}") from e
    except (EOFError, NotImplementedError, ValueError, RuntimeError, OSError) as e:
        if isinstance(e, OSError) and e.errno is not None:
            raise  # of this machine's disk
        raise ArchiveError(f"{name} is not a readable {kind} file: {e}") from e


@contextmanager
def _opened_zip(archive: Path | IO[bytes], name: str) -> Iterator[zipfile.ZipFile]:
    with _readable(name, "zip"):
        file = archive.open("rb") if isinstance(archive, Path) else archive
        try:
            _check_directory(file, name)
            with zipfile.ZipFile(file) as opened:
                yield opened
        finally:
            if isinstance(archive, Path):
                file.close()


def _check_directory(file: IO[bytes], name: str) -> None:
    """Refuse too many entries before `zipfile` keeps an object for each.

    It reads as many as the size of the central directory allows, whatever number is stated.
    """
    end: Any = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > MAX_ENTRIES * 512:  # type: ignore[attr-defined]
        raise TooLargeError(f"{name} is refused: its directory is too large")
    file.seek(0)


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
        tar.members = []  # type: ignore[misc]  # it would keep them all


class _Bounded:
    """A file that refuses to be read in pieces of any size: `tarfile` reads the extended names and
    attributes of an entry whole, as long as its header says they are."""

    def __init__(self, file: Any, name: str) -> None:
        self._file, self._name = file, name
        self.tell, self.seek = file.tell, file.seek

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_HEADER_BYTES:
            raise TooLargeError(f"{self._name} is refused: an entry's header is too long")
        data: bytes = self._file.read(size)
        return data
