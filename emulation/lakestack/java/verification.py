"""Whether the files of a set are still what the lock says.

A file is hashed when it is first used, and again when its size or one of its times has changed
since: a note in the set's folder remembers both. Where the folder takes no note, every use hashes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

NOTE = ".verified.json"
"""Name of the note: for each file its size in bytes, mtime and ctime in nanoseconds."""


def faults(folder: Path, wanted: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the files of a set.

    Args:
        folder: of the set
        wanted: SHA-256 in hexadecimal digits by file name

    Returns:
        what is wrong, in words, by file name; empty when all is as it should be
    """
    noted = _noted(folder)
    seen: dict[str, list[int]] = {}
    found: dict[str, str] = {}
    for name, sha256 in wanted.items():
        try:
            stamp = _stamp(folder / name)
            if noted.get(name) != [sha256, *stamp] and _digest(folder / name) != sha256:
                found[name] = f"damaged ({stamp[0]:,} bytes that are not the lock's)"
                continue
        except OSError as e:
            found[name] = "missing" if isinstance(e, FileNotFoundError) else f"unreadable: {e}"
            continue
        seen[name] = stamp
    fresh = {name: [wanted[name], *stamp] for name, stamp in seen.items()}
    if fresh != noted:
        _note(folder, fresh)
    return found


def _stamp(file: Path) -> list[int]:
    found = file.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _noted(folder: Path) -> dict[str, object]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _note(folder: Path, stamps: Mapping[str, object]) -> None:
    """Replace the note as a whole: several emulators may look at the same time."""
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=NOTE, dir=folder)
        try:
            os.write(handle, json.dumps(stamps).encode())
            os.close(handle)
            Path(name).replace(folder / NOTE)
        except OSError:
            os.unlink(name)  # noqa: PTH108 - as mkstemp made it
            raise
