"""No Python file is longer than one can read at a sitting."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tests.support import PROJECT

LINES = 400
FOREIGN = PROJECT / "tests" / "fixtures"
"""What others wrote, as it is."""


def python_files(folder: Path) -> Iterator[Path]:
    """All Python files of the repository below a folder, what is made or installed left out."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name != "build" and here / name != FOREIGN
        ]
        yield from (here / name for name in names if name.endswith(".py"))


def too_long(files: Iterator[Path]) -> dict[str, int]:
    lengths = {str(p): len(p.read_text(encoding="utf-8").splitlines()) for p in files}
    return {path: length for path, length in sorted(lengths.items()) if length > LINES}


def test_no_python_file_is_longer_than_400_lines() -> None:
    files = list(python_files(PROJECT))
    assert {Path(__file__), PROJECT / "pipeline" / "target.py"} <= set(files)
    assert too_long(iter(files)) == {}, "split by subject"


def test_a_file_that_is_longer_is_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "long.py").write_text("#\n" * (LINES + 1))
    (tmp_path / "sub" / "fits.py").write_text("#\n" * LINES)
    for left_out in (".venv", "build"):
        (tmp_path / left_out).mkdir()
        (tmp_path / left_out / "long.py").write_text("#\n" * (LINES + 1))
    assert too_long(python_files(tmp_path)) == {str(tmp_path / "sub" / "long.py"): LINES + 1}
