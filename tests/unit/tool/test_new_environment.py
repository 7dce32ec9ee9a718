"""Which Python and Java there have to be is said the same everywhere, from one place each."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lakestack.host import checks
from lakestack.java.interpreter import RANGE
from lakestack.tool import environment, new_environment
from tests.support import PROJECT

SCRIPT = PROJECT / "emulation" / "lakestack" / "tool" / "new_environment.py"
WANTED = new_environment.required()


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ((3, 10, 13), False),
        ((3, 11, 0), True),
        ((3, 11, 2), True),  # Debian 12
        ((3, 12, 0), True),
        ((3, 13, 0), False),
    ],
)
def test_which_pythons_do(version: tuple[int, ...], good: bool) -> None:
    assert new_environment.fits(version, WANTED) is good


def test_both_distributions_ask_for_the_same_python() -> None:
    for folder in ("emulation", "pipeline"):
        text = (PROJECT / folder / "pyproject.toml").read_text(encoding="utf-8")
        assert f'requires-python = "{WANTED}"' in text
    assert all(new_environment.fits((*version, 9), WANTED) for version in environment.PYTHONS)


@pytest.mark.parametrize(
    "page", ["README.md", "docs/labs/README.md", "docs/configuration.md", "emulation/README.md"]
)
def test_the_pages_say_what_is_checked(page: str) -> None:
    text = " ".join((PROJECT / page).read_text(encoding="utf-8").split())
    assert f"Python {new_environment.in_words(WANTED)}" in text
    assert RANGE in text


def test_no_page_says_otherwise() -> None:
    for page in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), PROJECT / "Makefile"]:
        text = " ".join(page.read_text(encoding="utf-8").split())
        assert not re.search(r"from 3\.11\.\d|Java 17 or (newer|later)", text), page


def test_a_python_that_does_not_do_is_told_the_way_on() -> None:
    text = new_environment.refusal("/usr/bin/python3", (3, 13, 5), WANTED)
    assert text.startswith("/usr/bin/python3 is Python 3.13.5; needed is Python 3.11 or 3.12.\n")
    assert "make setup PYTHON=uv" in text
    assert "MB" in text


def test_nobody_is_asked_where_nobody_sits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(new_environment, "required", lambda: ">=2.7,<3.0")
    code = new_environment.main([str(tmp_path / "venv")])
    assert code == new_environment.MAKES_NO_VENV
    assert "make setup PYTHON=uv" in capsys.readouterr().err
    assert not (tmp_path / "venv").exists()


def test_after_a_yes_uv_fetches_the_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[tuple[str, bool]] = []
    monkeypatch.setattr(new_environment, "required", lambda: ">=2.7,<3.0")
    monkeypatch.setattr(new_environment, "agreed", lambda: True)
    monkeypatch.setattr(new_environment, "make", lambda venv, managed: made.append((venv, managed)))
    assert new_environment.main([str(tmp_path)]) == 0
    assert made == [(str(tmp_path), True)]


def test_a_managed_interpreter_comes_from_the_pinned_uv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is called, in order: a bare venv, its pip for uv, uv for the interpreter, uv for uv."""
    called: list[list[str]] = []

    def call(command: list[str], **_: object) -> None:
        called.append(command)
        if "--require-hashes" in command:
            assert Path(command[-1]).read_text().startswith("uv==")

    monkeypatch.setattr(subprocess, "check_call", call)
    new_environment.make(str(tmp_path / "venv"), True)
    bare, pip, venv, uv = called
    assert bare[:3] == [sys.executable, "-m", "venv"]
    assert pip[1:4] == ["-m", "pip", "install"]
    assert venv[1] == "venv"
    assert venv[-3:] == ["--python", new_environment.MANAGED, str(tmp_path / "venv")]
    assert "--managed-python" in venv
    assert uv[1:3] == ["pip", "install"]
    assert str(tmp_path / "venv" / "bin" / "python") in uv


def test_the_script_runs_on_what_the_makefile_finds() -> None:
    assert subprocess.run([sys.executable, SCRIPT, "--check"], check=False).returncode == 0
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert str(SCRIPT.relative_to(PROJECT)) in makefile


def test_the_doctor_asks_what_the_metadata_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.python().ok
    monkeypatch.setattr("sys.version_info", (3, 13, 1, "final", 0))
    found = checks.python()
    assert (found.ok, found.fix) == (False, "make setup PYTHON=uv")
    assert found.detail.startswith("3.13.1, needed is ")
    assert set(found.detail.partition(" is ")[2].split(",")) == set(WANTED.split(","))
