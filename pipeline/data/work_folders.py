"""What killed runs have left of their work."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

__all__ = ["sweep"]

_STALE_SECONDS: Final = 3_600


def sweep(folders: Iterable[Path]) -> None:
    """Remove the folders that nobody has touched for an hour."""
    for left in folders:
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
