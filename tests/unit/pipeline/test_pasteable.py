"""Commands in messages can be pasted: `make` does not put `lake` on the reader's PATH."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from pipeline.cli import commands
from pipeline.cli.commands import app
from pipeline.text.pasteable import COMMANDS, PLUGINS, pasteable, program
from tests.support import PROJECT

OWN = Path(sys.executable).with_name("lake")


@pytest.fixture
def not_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `make` in a terminal that knows nothing of `.venv/bin`."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def test_every_command_is_known() -> None:
    commands._join_plugins()
    group = typer.main.get_command(app)
    assert set(getattr(group, "commands")) == {*COMMANDS, *PLUGINS}  # noqa: B009


def test_a_shell_that_finds_it_is_told_its_name() -> None:
    assert program() == "lake"
    assert pasteable("Go on with: lake run") == "Go on with: lake run"


@pytest.mark.usefixtures("not_on_the_path")
def test_a_shell_that_does_not_find_it_is_told_its_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(OWN.parents[2])
    path = OWN.relative_to(OWN.parents[2])
    assert pasteable(
        "LAKE_PROJECT=a lake run --from x; or: lake emulator start; see /lake run"
    ) == (f"LAKE_PROJECT=a {path} run --from x; or: {path} emulator start; see /lake run")
    assert pasteable("the lake runs; a lake of data; data-lake run") == (
        "the lake runs; a lake of data; data-lake run"
    )
    monkeypatch.chdir(tmp_path)
    assert pasteable("lake status") == f"{OWN} status"


@pytest.mark.usefixtures("not_on_the_path")
def test_somebody_elses_lake_on_the_path_is_not_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lake").write_text("#!/bin/sh\n")
    (tmp_path / "lake").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert program() == str(OWN)


@pytest.mark.usefixtures("not_on_the_path")
def test_what_goes_on_after_ctrl_c_can_be_pasted_with_its_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "open_lake", interrupted)
    monkeypatch.chdir(PROJECT)
    result = CliRunner().invoke(app, ["run", "--movielens", "my files.zip", "--json"])
    assert result.exit_code == 130
    name = program()
    assert name.endswith("bin/lake")
    assert f"  → Continue with: {name} run --movielens 'my files.zip'\n" in result.stderr
