"""A terminal finds the lake and no account of its user's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.lab_client import client
from pipeline.shell_settings import ShellSettings, chosen_shell, shell_settings
from pipeline.target import open_target
from tests.documents import LABS, commands

PROGRAMS = Path(sys.executable).parent
USERS = {
    "AWS_PROFILE": "work",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "NO_PROXY": "intern",
    "PATH": "/usr/bin:/bin",
}


@pytest.fixture
def settings() -> ShellSettings:
    return shell_settings(open_target("local", environ={"LAKE_PORT": "4999"}), USERS)


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def test_nothing_of_the_users_is_left(settings: ShellSettings) -> None:
    found = settings.environment(USERS)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert found["PATH"] == f"{PROGRAMS}:/usr/bin:/bin"
    assert found["NO_PROXY"] == "intern,127.0.0.1,localhost"
    assert not [value for value in found.values() if value in ("work", "real", "AKIAREAL")]
    assert "AWS_ENDPOINT_URL_S3" not in found
    again = shell_settings(open_target("local", environ={}), found)
    assert (again.values["PATH"], again.values["NO_PROXY"]) == (found["PATH"], found["NO_PROXY"])


def test_an_account_of_ones_own_on_the_emulator_stays() -> None:
    found = shell_settings(open_target("local", environ={}), {"AWS_ACCESS_KEY_ID": "1" * 12})
    assert found.values["AWS_ACCESS_KEY_ID"] == "1" * 12


def test_bash_takes_it(settings: ShellSettings) -> None:
    script = f"{settings.text('bash')}\nenv -0"
    said = subprocess.run(["bash", "-c", script], env=USERS, capture_output=True, check=True)
    found = dict(line.split("=", 1) for line in said.stdout.decode().split("\0") if line)
    assert found.items() >= settings.values.items()
    assert not set(settings.unset) & set(found)


@pytest.mark.parametrize("shell", ["fish", "pwsh"])
def test_other_shells_take_it(shell: str, settings: ShellSettings) -> None:
    """Where they are installed; how they quote is in the next test."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    text = settings.text("powershell" if shell == "pwsh" else shell)
    show = "echo $env:AWS_ENDPOINT_URL" if shell == "pwsh" else "echo $AWS_ENDPOINT_URL"
    said = subprocess.run([shell, "-c", f"{text}\n{show}"], capture_output=True, check=True)
    assert said.stdout.decode().strip() == "http://127.0.0.1:4999"


def test_each_shell_has_its_quotes() -> None:
    odd = ShellSettings({"X": "it's \\n $HOME"}, ["Y"])
    assert odd.text("bash") == "export X='it'\"'\"'s \\n $HOME'\nunset Y"
    assert odd.text("fish") == "set -gx X 'it\\'s \\\\n $HOME';\nset -e Y;"
    assert odd.text("powershell") == "$env:X = 'it''s \\n $HOME'\nRemove-Item Env:Y"


@pytest.mark.parametrize(
    ("environ", "shell"),
    [
        ({"SHELL": "/usr/bin/fish"}, "fish"),
        ({"SHELL": "/bin/zsh", "PSModulePath": "x"}, "bash"),
        ({"PSModulePath": "x"}, "powershell"),
        ({}, "bash"),
    ],
)
def test_the_shell_is_found_out(environ: dict[str, str], shell: str) -> None:
    assert chosen_shell(environ) == shell


def test_the_command_prints_nothing_else() -> None:
    found = call("env", "--shell", "bash")
    assert found.exit_code == 0
    assert all(re.match(r"(export|unset) [A-Z_0-9]+", line) for line in found.stdout.splitlines())
    document = json.loads(call("env", "--json").stdout)
    assert document["set"]["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert call("env", "--endpoint", "https://s3.amazonaws.com").exit_code == 1


def test_the_cli_runs_on_the_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []

    def run(words: list[str], env: dict[str, str], **_: Any) -> Any:
        called.append((words, env))
        return subprocess.CompletedProcess(words, 254)

    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setattr(subprocess, "run", run)
    found = call("aws", "sqs", "list-queues", "--output", "json", "--help")
    assert found.exit_code == 254
    (words, environ), *_ = called
    assert Path(words[0]).name == "aws"
    assert words[1:3] == ["--endpoint-url", "http://127.0.0.1:4566"]
    assert words[3:] == ["sqs", "list-queues", "--output", "json", "--help"]
    assert "AWS_PROFILE" not in environ
    assert environ["AWS_CONFIG_FILE"] == os.devnull
    for word in ("--endpoint-url=https://x", "--profile"):
        refused = call("aws", "s3", "ls", word)
        assert (refused.exit_code, len(called)) == (1, 1)
        assert "lake aws speaks to the lake of this machine only" in refused.stderr


def test_scripts_of_the_labs_refuse_ones_own_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(SystemExit, match=r'eval "\$\([^ ]*lake env\)"'):
        client("s3")
    monkeypatch.setenv("LAKE_TARGET", "aws")
    assert client("s3").meta.endpoint_url.endswith("amazonaws.com")
    monkeypatch.delenv("LAKE_TARGET")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert client("s3").meta.endpoint_url == "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"AWS_DEFAULT_REGION": "us-east-1", "AWS_PROFILE": "absent"},
        {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "127.0.0.1:4566"},
    ],
)
def test_scripts_of_the_labs_say_what_a_new_terminal_lacks(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has no AWS settings at all has no region either."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # which remembers another test's region
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=r'(?s)lead to no lake: .+ eval "\$\([^ ]*lake env\)"'):
        client("kinesis")


def test_no_script_of_the_labs_takes_another_way() -> None:
    scripts = [path.read_text() for path in LABS.rglob("*.py")]
    scripts += [c.text for page in LABS.glob("*.md") for c in commands(page) if "EOF" in c.text]
    speaking = [text for text in scripts if "client(" in text]
    assert len(speaking) > 8
    for text in scripts:
        assert "boto3.client" not in text
        assert "boto3.resource" not in text
