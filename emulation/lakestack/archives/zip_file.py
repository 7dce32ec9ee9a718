"""Zip files: read by Python's `zipfile`, stored or deflated alone."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lakestack.archives.plan import (
    MAX_ENTRIES,
    MAX_NAME_BYTES,
    Entry,
    Plan,
    TooLargeError,
    all_or_nothing,
    parts_of,
    readable,
)


def check_zip(archive: Path | IO[bytes], max_bytes: int, name: str = "the archive") -> int:
    """Look at all entries of a zip file and write nothing.

    Returns:
        bytes of all files as the archive states them; `unzip` writes no more than that

    Raises:
        ArchiveError: as `unzip`
    """
    with _opened_zip(archive, name) as opened:
        return _planned_zip(opened, max_bytes, name).stated


def unzip(archive: Path | IO[bytes], folder: Path, max_bytes: int, name: str = "") -> None:
    """Unpack a zip file below `folder`, which is gone again when it fails.

    Permissions of files are kept, without setuid, setgid and sticky bits; 0644 where there are
    none.

    Args:
        name: of the archive, for errors

    Raises:
        ArchiveError: damaged, encrypted, packed by another method than deflate, or an entry that is
            refused
        TooLargeError: more bytes or entries than allowed
    """
    name = name or (archive.name if isinstance(archive, Path) else "the archive")
    with all_or_nothing(folder), _opened_zip(archive, name) as opened:
        plan = _planned_zip(opened, max_bytes, name)
        for info in opened.infolist():
            entry = plan.entry_of(info.filename, info.header_offset)
            if entry is not None and entry.kind in ("file", "folder"):
                plan.write(folder, entry, lambda info=info: opened.open(info))  # type: ignore[misc]
        plan.link(folder)


def _planned_zip(opened: zipfile.ZipFile, max_bytes: int, name: str) -> Plan:
    plan = Plan(name, max_bytes)
    end = 0
    for info in sorted(opened.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise plan.refuse("lies over another one in the file", repr(info.filename[:200]))
        end = info.header_offset + 30 + info.compress_size
    for info in opened.infolist():
        plan.add(_zip_entry(plan, opened, info), info.header_offset)
    plan.check()
    return plan


def _zip_entry(plan: Plan, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    # ZipInfo cuts a name at NUL and keeps what was written in orig_filename.
    shown = repr(info.orig_filename[:200])
    parts = parts_of(info.orig_filename)
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
        return Entry(info.filename, parts, "folder", 0)
    if kind == "folder":
        raise plan.refuse("is a folder by its mode and a file by its name", shown)
    permissions = stat.S_IMODE(mode) & 0o777 or 0o644
    target = ""
    if kind == "symlink":
        if info.file_size > MAX_NAME_BYTES:
            raise plan.refuse("is a symbolic link to a name that is too long", shown)
        with readable(plan.archive, "zip"):
            target = os.fsdecode(opened.read(info))
    return Entry(info.filename, parts, kind, permissions, info.file_size, target)


@contextmanager
def _opened_zip(archive: Path | IO[bytes], name: str) -> Iterator[zipfile.ZipFile]:
    with readable(name, "zip"):
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
