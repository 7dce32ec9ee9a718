"""Whether a disk has the space that a piece of work needs, asked before it begins."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.errors import DataError

__all__ = ["amount", "require_room"]

_SPARE = 64 << 20
"""Left free for what others write meanwhile."""


def require_room(folder: Path, needed: int, what: str, setting: str) -> None:
    """See that `folder`'s disk has `needed` bytes free.

    Args:
        folder: exists
        needed: bytes
        what: is to be written, for the message
        setting: option or variable that names another folder

    Raises:
        DataError: it has not
    """
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE:
        raise DataError(
            f"{what} need {amount(needed + _SPARE)} of space below {folder}, and "
            f"{amount(free)} are free.",
            f"Free some space (df -h {folder}), or name a folder on another disk with {setting}.",
        )


def amount(count: int) -> str:
    """Bytes for people: "1.5 GB", "64 MB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 0.1):,.1f} MB"
