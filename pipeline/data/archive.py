"""Takes the MovieLens files out of a zip archive that is not trusted.

Nothing is extracted by the name it has inside the archive: only the files of the data set are
read, into names of our own, and never more bytes than the archive's directory claims, which is held
against the size of the archive. The size itself has no limit but the disk's room.

The emulator unpacks whole archives, links included, with a module of its own: the pipeline works
without the emulator and imports nothing of it, and these few named files need far less.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pipeline.data.tables import FILES
from pipeline.errors import DataError

__all__ = ["OPTIONAL", "REQUIRED", "extract", "unpacked_bytes"]

OPTIONAL = "ratings-partial-load"
REQUIRED = tuple(name for name in FILES if name != OPTIONAL)

MAX_ENTRIES = 1_000
MAX_NAME_BYTES = 1_024
#: CSV of ids and titles packs 3 to 10 times; beyond this ratio it is a zip bomb.
MAX_RATIO = 200
_CHUNK = 1 << 20
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
_HINT = "Give the folder or zip that GroupLens distributes."


def unpacked_bytes(archive: Path) -> dict[str, int]:
    """Size of each of the data set's files, as the archive's directory claims it.

    Raises:
        DataError: the archive is damaged, unsafe or incomplete
    """
    with _opened(archive) as opened:
        members = _members(archive.name, opened, archive.stat().st_size)
    return {name: entry.file_size for name, entry in members.items()}


def extract(archive: Path, folder: Path, seen: Callable[[str, int], None] | None = None) -> None:
    """Write the CSV files of ``archive`` into ``folder`` under their plain names.

    Args:
        archive: not trusted
        folder: is there
        seen: told of which file how many bytes have been written

    Raises:
        DataError: the archive is damaged, unsafe or incomplete
        OSError: as the disk gives it
    """
    with _opened(archive) as opened:
        for name, entry in _members(archive.name, opened, archive.stat().st_size).items():
            _copy(opened, entry, folder / f"{name}.csv", archive.name, seen)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{archive.name} is damaged or no zip file: {error}.", _HINT) from error


def _members(
    archive: str, opened: zipfile.ZipFile, archive_bytes: int
) -> dict[str, zipfile.ZipInfo]:
    """The entry of each file; all lie in the archive's root or in one folder of it."""
    entries = opened.infolist()
    if len(entries) > MAX_ENTRIES:
        raise DataError(
            f"{archive} has {len(entries):,} entries, more than {MAX_ENTRIES:,}.", _HINT
        )
    folders: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for entry in entries:
        _refuse_tricks(archive, entry)
        path = PurePosixPath(entry.filename)
        if path.suffix == ".csv" and path.stem in FILES and "__MACOSX" not in path.parts:
            found = folders.setdefault(str(path.parent), {})
            if path.stem in found:
                raise DataError(f"{archive} holds {path} twice.", _HINT)
            found[path.stem] = entry
    packed = sum(entry.compress_size for found in folders.values() for entry in found.values())
    if packed > archive_bytes:
        raise DataError(
            f"{archive} is refused: its entries overlap, as those of a zip bomb do.", _HINT
        )
    complete = [found for found in folders.values() if found.keys() >= set(REQUIRED)]
    if len(complete) > 1:
        raise DataError(f"{archive} holds more than one MovieLens folder.", _HINT)
    if not complete:
        best = max(folders.values(), key=len, default={})
        missing = ", ".join(f"{name}.csv" for name in REQUIRED if name not in best)
        raise DataError(f"{archive} is incomplete: {missing} missing.", _HINT)
    return complete[0]


def _refuse_tricks(archive: str, entry: zipfile.ZipInfo) -> None:
    # ZipInfo cuts a name at NUL and keeps what was written in orig_filename.
    name = entry.orig_filename
    path = PurePosixPath(name)
    problem = None
    if path.is_absolute() or "\\" in name or "\x00" in name or (len(name) > 1 and name[1] == ":"):
        problem = "an absolute or foreign path"
    elif ".." in path.parts:
        problem = "a path that leaves the archive"
    elif len(name.encode(errors="replace")) > MAX_NAME_BYTES:
        problem = "a name that is too long"
    elif stat.S_ISLNK(entry.external_attr >> 16):
        problem = "a symbolic link"
    elif stat.S_IFMT(entry.external_attr >> 16) not in _KINDS:
        problem = "a device, pipe or socket"
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # zipfile unpacks the other methods in pieces of any size.
        problem = "an entry packed by another method than deflate"
    elif entry.flag_bits & 0x1:
        problem = "an encrypted entry"
    elif entry.file_size > _CHUNK and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        problem = f"an entry packed more than {MAX_RATIO} times (a zip bomb)"
    if problem:
        raise DataError(f"{archive} is refused: it holds {problem}: {name[:100]!r}.", _HINT)


def _copy(
    opened: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    target: Path,
    archive: str,
    seen: Callable[[str, int], None] | None,
) -> None:
    left = entry.file_size
    with opened.open(entry) as source, target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise DataError(f"{archive}: {entry.filename} is larger than it says.", _HINT)
            out.write(chunk)
            if seen:
                seen(target.name, entry.file_size - left)
    if left:
        raise DataError(f"{archive}: {entry.filename} is shorter than it says.", _HINT)
