"""The folder of saved states: ``<folder>/<name>/<number>``, one complete snapshot each.

A snapshot is complete when it has its manifest, which is written last, under another name first.
The one with the highest number is the state; former ones are removed when it is there. Nothing
here needs more than the standard library: a start looks before the emulator runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakestack.errors import SnapshotError

FORMAT = 1
"""Of what is in a snapshot; a higher one is refused."""

MANIFEST = "manifest.json"
CURRENT = "current"
"""Name of the state that is kept by itself."""

DAMAGED, NEWER = "damaged", "newer"
CHUNK = 1 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_NUMBER = re.compile(r"[0-9]{8}")


@dataclass(frozen=True)
class Snapshot:
    """A complete snapshot.

    Attributes:
        path: its folder
        manifest: format, versions, and size and SHA-256 of each file
    """

    path: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Size and SHA-256 by name."""
        found: dict[str, dict[str, Any]] = self.manifest["files"]
        return found

    def verify(self) -> None:
        """Read everything once.

        Raises:
            SnapshotError: a file is missing, or is not what was written
        """
        for name, told in self.files.items():
            try:
                digest = sha256(self.path / name)
            except OSError as e:
                raise SnapshotError(f"{name} cannot be read: {e.strerror or e}") from e
            if digest != told["sha256"]:
                raise SnapshotError(f"{name} is not what was written: its SHA-256 is another")

    def aside(self, why: str) -> Path:
        """Rename it, so that it is not found again; returns where it is then."""
        for number in range(1, 1000):
            place = self.path.with_name(f"{self.path.name}.{why}-{number}")
            if not place.exists():
                self.path.rename(place)
                return place
        raise SnapshotError(f"there is no free name beside {self.path}")


def claimed(place: Path) -> int:
    """Keep others from a state until the returned descriptor is closed, or the process ends.

    Raises:
        SnapshotError: another emulator has it
        OSError: the lock cannot be made
    """
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(place.with_name(f"{place.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        os.close(lock)
        if not isinstance(e, BlockingIOError):
            raise
        raise SnapshotError(
            f"Another emulator keeps its state in {place.parent}",
            "stop that one, or choose another folder: --state DIR, state=…, LAKE_STATE",
        ) from e
    return lock


def check_name(name: object) -> str:
    """A state's name, when it is one.

    Raises:
        SnapshotError: it is none
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SnapshotError(
            f"The name {name!r} is none",
            "valid: 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit",
        )
    return name


def numbers(place: Path) -> list[int]:
    """Numbers of the snapshots in a state's folder, complete or not."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(int(p.name) for p in place.iterdir() if _NUMBER.fullmatch(p.name))
    return []


def numbered(place: Path, number: int) -> Path:
    """Where a snapshot is."""
    return place / f"{number:08d}"


def latest(place: Path) -> Snapshot | None:
    """The newest complete snapshot of a state's folder, unread but for its manifest.

    Raises:
        SnapshotError: its manifest is damaged, or it is of a newer version; it is kept aside
    """
    for number in reversed(numbers(place)):
        path = numbered(place, number)
        if (path / MANIFEST).is_file():
            return _opened(path)
    return None


def checked(place: Path) -> Snapshot | None:
    """As `latest`, when all of its files are what was written.

    Raises:
        SnapshotError: they are not; the snapshot is kept aside
    """
    found = latest(place)
    if found is not None:
        try:
            found.verify()
        except SnapshotError as e:
            raise refused(found, DAMAGED, e.message) from e
    return found


def problem(place: Path) -> str | None:
    """Why a load of a state would be refused, if it would; changes nothing."""
    for _ in range(3):  # while it is looked at it may be replaced
        newest = [n for n in numbers(place) if (numbered(place, n) / MANIFEST).is_file()][-1:]
        try:
            for number in newest:
                _read(numbered(place, number)).verify()
        except SnapshotError as e:
            if numbers(place)[-1:] == newest:
                return f"{numbered(place, newest[0])}: {e.message}"
        else:
            return None
    return None


def refused(snapshot: Snapshot, why: str, reason: str) -> SnapshotError:
    """Keep a snapshot aside, and say so."""
    try:
        where = f"it is kept as {snapshot.aside(why)}"
        hint = "the next start is without it"
    except (OSError, SnapshotError) as e:
        where = f"it stays at {snapshot.path} ({getattr(e, 'strerror', None) or e})"
        hint = "move it away"
    if why == NEWER:
        hint += "; to use it, put it back under its number and start that version"
    return SnapshotError(f"The snapshot {snapshot.path} is refused: {reason}; {where}", hint)


def listed(folder: Path) -> list[dict[str, Any]]:
    """The states of a folder: name, when each was saved, its size in bytes."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for place in sorted(folder.iterdir()):
            if _NAME.fullmatch(place.name) and (manifest := _manifest_of_newest(place)):
                size = sum(each["size"] for each in manifest["files"].values())
                found.append({"name": place.name, "saved": manifest["saved"], "bytes": size})
    return found


def remove(folder: Path, name: str) -> bool:
    """Delete a state; whether there was one."""
    place = folder / check_name(name)
    there = place.is_dir()
    if there:
        shutil.rmtree(place)
    return there


def forget_former(place: Path, kept: int) -> None:
    """Delete the snapshots before one that is complete, and unfinished ones."""
    for number in numbers(place):
        if number < kept:
            shutil.rmtree(numbered(place, number), ignore_errors=True)


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    """Make a snapshot complete."""
    unfinished = path / f"{MANIFEST}.new"
    with private(unfinished) as file:
        file.write(json.dumps(manifest, indent=1).encode())
    sync(path)
    unfinished.rename(path / MANIFEST)
    sync(path)
    sync(path.parent)


@contextlib.contextmanager
def private(path: Path) -> Iterator[Any]:
    """A new file for its owner alone, on the disk when the block ends.

    Raises:
        OSError: it is refused; names the file, which the system does only when it is opened
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with naming(path), os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """A block that writes to an open file, and whose OSErrors name it, as `open`'s do."""
    try:
        yield
    except OSError as e:
        e.filename = e.filename or str(path)
        raise


def sync(folder: Path) -> None:
    """Have the names of a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _manifest_of_newest(place: Path) -> dict[str, Any] | None:
    for number in reversed(numbers(place)):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            manifest: dict[str, Any] = json.loads((numbered(place, number) / MANIFEST).read_bytes())
            if isinstance(manifest["files"], dict) and manifest["saved"]:
                return manifest
    return None


class _UnfitError(SnapshotError):
    """A manifest that this version cannot use, and why: `DAMAGED` or `NEWER`."""

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(reason)
        self.why = why


def _opened(path: Path) -> Snapshot:
    try:
        return _read(path)
    except _UnfitError as e:
        raise refused(Snapshot(path, {}), e.why, e.message) from e


def _read(path: Path) -> Snapshot:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        form = manifest["format"]
        files = manifest["files"]
        fitting = isinstance(form, int) and isinstance(files, dict)
        for name, told in files.items() if fitting else ():
            fitting = fitting and Path(name).name == name and isinstance(told["sha256"], str)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
        raise _UnfitError(DAMAGED, f"its manifest cannot be read: {e!r}") from e
    if not fitting:
        raise _UnfitError(DAMAGED, "its manifest is not one")
    if form > FORMAT:
        raise _UnfitError(
            NEWER,
            f"it is of lakestack {manifest.get('emulator')}, format {form}; this version reads "
            f"formats up to {FORMAT}",
        )
    return Snapshot(path, manifest)
