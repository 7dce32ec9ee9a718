"""What an archive wants to have written, looked at as a whole before the first byte is."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakestack.errors import EmulationError

MAX_ENTRIES = 100_000
MAX_NAME_BYTES = 1_024
MAX_PART_BYTES = 255
MAX_LINKS = 40
MAX_HEADER_BYTES = 1 << 20
"""Entries, a name, one part of it, links on the way to a file (as Linux has it), and the names and
attributes of one entry of a tar file: our guess."""

_CHUNK = 1 << 18
_WINDOWS = re.compile(r"[A-Za-z]:")


class ArchiveError(EmulationError):
    """An archive is damaged, or an entry of it is refused (named)."""


class TooLargeError(ArchiveError):
    """An archive holds more bytes or entries than it may."""


@dataclass(frozen=True)
class Entry:
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


@dataclass
class Plan:
    """All entries of an archive by the path that they take; the last of a name wins."""

    archive: str
    max_bytes: int
    stated: int = 0
    written: int = 0
    count: int = 0
    numbers: dict[tuple[str, ...], tuple[Entry, int]] = field(default_factory=dict)
    kinds: dict[tuple[str, ...], str] = field(default_factory=dict)

    def refuse(self, what: str, shown: str) -> ArchiveError:
        return ArchiveError(f"{self.archive} is refused: the entry {shown} {what}")

    def add(self, entry: Entry, number: int) -> None:
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

    def entry_of(self, name: str, number: int) -> Entry | None:
        """The entry with this number, unless a later one has taken its path."""
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        found = self.numbers.get(parts)
        return found[0] if found is not None and found[1] == number else None

    def write(self, folder: Path, entry: Entry, content: Callable[[], Any]) -> None:
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

    def _linked(self, entry: Entry) -> tuple[str, ...]:
        """Path of the file that a hard link names."""
        parts = parts_of(entry.target)
        if parts is None or parts not in self.numbers or self.kinds.get(_key(parts)) != "file":
            raise self.refuse("is a hard link to what is no file of the archive", entry.shown)
        return parts

    def _follow(self, entry: Entry, links: dict[tuple[str, ...], Entry]) -> None:
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
                    raise self.refuse("is a symbolic link that leads in a circle", entry.shown)
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


def parts_of(name: str) -> tuple[str, ...] | None:
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
def all_or_nothing(folder: Path) -> Iterator[None]:
    """Make the folder; take it away if the block fails."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def readable(name: str, kind: str) -> Iterator[None]:
    """Turn what goes wrong inside while an archive is read into an `ArchiveError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, tarfile.TarError) as e:
        raise ArchiveError(f"{name} is not a readable {kind} file: {e}") from e
    except (EOFError, NotImplementedError, ValueError, RuntimeError, OSError) as e:
        if isinstance(e, OSError) and e.errno is not None:
            raise  # of this machine's disk
        raise ArchiveError(f"{name} is not a readable {kind} file: {e}") from e
