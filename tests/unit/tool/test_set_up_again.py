"""`make setup` over an environment that is there: it is kept, if it fits and no other is named."""

from __future__ import annotations

import os
import re
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
        env={**os.environ, "PYTHON": "./found-python", "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return (clone / "calls").read_text()


def printed(clone: Path) -> str:
    """What set-up prints."""
    command = ["make", ".venv/.ready"]
    environment = {**os.environ, "PYTHON": "./found-python"}
    found = subprocess.run(
        command, cwd=clone, env=environment, check=True, capture_output=True, text=True, timeout=120
    )
    return found.stdout


def test_an_environment_that_fits_is_brought_to_the_lock(clone: Path) -> None:
    found = called(clone)
    assert MAKES not in found
    assert "uv pip sync" in found


def misfit(clone: Path) -> None:
    """Let the environment not fit; the interpreter that is found makes one that does."""
    python, found = clone / ".venv/bin/python", clone / "found-python"
    right = python.read_text()
    python.write_text(right.replace("exit 0", "exit 1"))
    making = f"cat > .venv/bin/python <<'E'\n{right}E\n"
    found.write_text(found.read_text().replace("exit 0", making))


def test_one_that_does_not_fit_is_made_again(clone: Path) -> None:
    misfit(clone)
    assert f"found-python {MAKES}" in called(clone)


def test_another_interpreter_makes_another_one(clone: Path) -> None:
    assert f"other-python {MAKES}" in called(clone, "PYTHON=./other-python")


def test_it_says_how_much_the_environment_takes(clone: Path) -> None:
    """Before it is made, roughly, and after, as measured."""
    packages = clone / ".venv/lib"
    packages.mkdir()
    (packages / "package.so").write_bytes(os.urandom(3_000_000))
    misfit(clone)
    found = printed(clone)
    assert re.search(r"^making the environment in \.venv \(.*; 1\.\d GB\)$", found, re.MULTILINE)
    assert re.search(r"^made \.venv: [23][.,]\d\s*MB?$", found, re.MULTILINE)


def test_what_commands_import_is_compiled_whatever_the_environment_says(clone: Path) -> None:
    (clone / ".venv/bin/python").write_text(
        '#!/bin/sh\necho "python $* ${PYTHONDONTWRITEBYTECODE-unset}" >> calls\n'
    )
    compiling = r"^python -c import pipeline\.cli\.commands, .* unset$"
    assert re.search(compiling, called(clone), re.MULTILINE)
