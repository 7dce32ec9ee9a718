"""`lake emulator` and its checks of the machine: what is given wrong, and what cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner as ClickRunner
from typer.testing import CliRunner

from lakestack import console
from lakestack.errors import EmulationError
from lakestack.host import checks
from lakestack.host.process import Emulator, require_free
from lakestack.java import artifacts
from pipeline.cli.commands import _join_plugins, app


@pytest.fixture(autouse=True)
def _plugins() -> None:
    _join_plugins()


@pytest.mark.parametrize("command", ["start", "stop", "status", "logs"])
@pytest.mark.parametrize("port", ["99999", "0", "-1", "abc", ""])
def test_a_port_that_is_none(command: str, port: str) -> None:
    result = CliRunner().invoke(app, ["emulator", command, "--port", port])
    assert result.exit_code == 1
    assert result.stderr == (
        f"lake: the port (--port or LAKE_PORT) is {port!r}; valid are 1 to 65535\n"
        "  → export LAKE_PORT=4566\n"
    )


def test_the_doctor_names_a_port_that_is_none_and_checks_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAKE_PORT", "abc")
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    for name in ("target", "port"):
        assert f"FAILED  {name}: " in result.stdout
    assert "(--port or LAKE_PORT) is 'abc'; valid are 1 to 65535\n" in result.stdout
    assert "         → export LAKE_PORT=4566\n" in result.stdout
    names = [check.name for check in checks.checks()]
    assert names == ["Python", "Java", "Java artefacts", "port", "memory", "disk"]


@pytest.mark.parametrize("group", ["emulator", "cluster", "glue"])
def test_help_cuts_nothing_off(group: str) -> None:
    result = CliRunner().invoke(app, [group, "--help"])
    assert "..." not in result.output.replace("[ARGS]...", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_without_a_clone_names_every_command(option: str) -> None:
    result = ClickRunner().invoke(console.commands(), [option])
    assert result.exit_code == 0
    for name in ("start", "logs", "cluster", "glue"):
        assert re.search(rf"^[│| ]*{name}  ", result.output, re.MULTILINE)


def test_the_last_port_has_no_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmulationError) as raised:
        monkeypatch.setattr("socket.socket.bind", _refuse)
        require_free(65_535)
    assert "LAKE_PORT=4566 make local" in str(raised.value.hint)


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(EmulationError) as raised:
        Emulator(4566, home=tmp_path / "home").start()
    assert raised.value.message == f"cannot use {tmp_path / 'home'}/emulator-4566: Not a directory"
    assert raised.value.hint == 'LAKE_HOME="$HOME/lake" lake emulator start'


def test_a_fault_while_starting_is_not_blamed_on_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> dict[str, str]:
        raise PermissionError(13, "Permission denied", "elsewhere")

    monkeypatch.setattr(artifacts, "faults", fails)
    with pytest.raises(PermissionError):
        Emulator(4566, home=tmp_path).start()


def _refuse(*_: object) -> None:
    raise OSError("taken")
