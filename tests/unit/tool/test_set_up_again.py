"""`make setup` over an environment that is there: it is kept, if it fits and no other is named."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import PROJECT

INPUTS = ("requirements.lock", "pipeline/pyproject.toml", "emulation/pyproject.toml")
MAKES = "emulation/lakestack/tool/new_environment.py .venv"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose environment's programs only note how they were called."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    for name in INPUTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in (".venv/bin/python", ".venv/bin/uv", "other-python", "found-python"):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "{program.name} $*" >> calls\nexit 0\n')
        program.chmod(0o755)
    return tmp_path


def called(clone: Path, *words: str) -> str:
    subprocess.run(
        ["make", ".venv/.ready", *words],
        cwd=clone,
        env={**os.environ, "PYTHON": "./found-python"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return (clone / "calls").read_text()


def test_an_environment_that_fits_is_brought_to_the_lock(clone: Path) -> None:
    found = called(clone)
    assert MAKES not in found
    assert "uv pip sync" in found


def test_one_that_does_not_fit_is_made_anew(clone: Path) -> None:
    python = clone / ".venv/bin/python"
    python.write_text(python.read_text().replace("exit 0", "exit 1"))
    assert f"found-python {MAKES}" in called(clone)


def test_another_interpreter_makes_another_one(clone: Path) -> None:
    assert f"other-python {MAKES}" in called(clone, "PYTHON=./other-python")
