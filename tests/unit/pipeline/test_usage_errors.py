"""Wrong usage: the command that it is about, and what was meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import _join_plugins, app


def call(*arguments: str) -> Any:
    _join_plugins()
    return CliRunner().invoke(app, arguments, prog_name="lake")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["run", "--only"], "lake run"),
        (["verify", "--lab"], "lake verify"),
        (["emulator", "start", "--port"], "lake emulator start"),
    ],
)
def test_an_option_without_its_value_names_its_command(words: list[str], command: str) -> None:
    found = call(*words)
    assert found.exit_code == 2
    assert f"Usage: {command} [OPTIONS]" in found.stderr
    assert f"Option '{words[-1]}' requires an argument." in found.stderr
    document = json.loads(call(*words[:-1], "--json", words[-1]).stdout)
    assert document["error"]["hint"] == f"See: {command} --help"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["run", "land"], "did you mean --from land or --only land?"),
        (["verify", "2"], "did you mean --lab 2?"),
        (["emulator", "start", "4567"], "did you mean --port 4567?"),
        (["models", "films"], "(films)"),
    ],
)
def test_a_word_too_many_is_told_its_option(words: list[str], meant: str) -> None:
    found = call(*words)
    assert found.exit_code == 2
    assert found.stderr.rstrip().endswith(meant)


def test_a_number_that_is_none_is_called_so() -> None:
    for word in ("x", "4.2"):
        assert f"'{word}' is no whole number." in call("recommend", word).stderr
    assert "5 is not in the range" in call("verify", "--lab", "5").stderr
