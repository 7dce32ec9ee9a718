"""Say what ``make clean`` leaves: the cache of downloads, which other clones use, too."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from lakestack import paths


def size(folder: Path) -> int:
    """Bytes of the files below a folder, which may change meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += 0 if file.is_symlink() or not file.is_file() else file.stat().st_size
        except OSError:
            continue
    return total


def main() -> int:
    """Print one line; returns the exit code."""
    cache = paths.cache()
    if cache.is_dir():
        print(
            f"kept: downloads in {cache} ({size(cache) / 1e9:.1f} GB); other clones use them, too. "
            f"To remove them: rm -rf {shlex.quote(str(cache))}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
