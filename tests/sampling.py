"""Which of the files of tests that are marked `large` run, when a sample is asked for.

Each of them takes a minute or more. A sample is drawn by the commit: the same one on every machine,
and another one with the next change, so that each file's turn comes.
"""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

FORM = re.compile(r"(\d+)/(\d+)")


def share(text: str) -> float:
    """The share that ``1/3`` means.

    Raises:
        ValueError: it is none
    """
    found = FORM.fullmatch(text)
    if found is None or not 0 < int(found[1]) <= int(found[2]):
        raise ValueError(f"a sample is such as 1/3, not {text!r}")
    return int(found[1]) / int(found[2])


def left_out(clone: Path, part: float) -> set[Path]:
    """The large files that a sample does not run.

    Args:
        clone: the project's folder
        part: share of them that is run
    """
    if part == 1:
        return set()
    mark = "pytest.mark." + "large"
    files = [path for path in (clone / "tests").rglob("test_*.py") if mark in path.read_text()]
    names = [path.relative_to(clone).as_posix() for path in files]
    return {clone / name for name in set(names) - set(drawn(names, part, _commit(clone)))}


def drawn(files: Iterable[str], part: float, seed: str) -> list[str]:
    """So many of the files, rounded up."""
    every = set(files)
    by_seed = sorted(every, key=lambda file: hashlib.sha256(f"{seed}:{file}".encode()).digest())
    return sorted(by_seed[: math.ceil(len(every) * part)])


def _commit(folder: Path) -> str:
    """The commit of a clone, "" where that is not known."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
