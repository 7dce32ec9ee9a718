"""The command line: every user error is one sentence, the next command and an exit code."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from botocore.exceptions import NoRegionError
from typer.testing import CliRunner

from pipeline import doctor
from pipeline.cli import commands
from pipeline.cli.commands import app
from pipeline.cli.errors import explain
from pipeline.doctor import Check
from pipeline.errors import StackError
from pipeline.target import open_target
from tests.support import free_port

COMMANDS = ["run", "plan", "status", "verify", "recommend", "pause", "destroy", "doctor"]


def call(*arguments: str, stdin: str = "") -> Any:
    return CliRunner().invoke(app, arguments, input=stdin)


@pytest.fixture
def closed() -> str:
    """A loopback endpoint at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_help_names_every_command() -> None:
    text = call("--help").output
    for command in COMMANDS:
        assert command in text


def test_unknown_target() -> None:
    result = call("status", "--target", "azure")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "'azure' is not one of 'local', 'aws'" in result.stderr


def test_an_endpoint_that_is_not_this_machine() -> None:
    result = call("status", "--endpoint", "https://s3.amazonaws.com")
    assert result.exit_code == 1
    assert result.stderr == (
        "lake: The local target only speaks to this machine, not to 'https://s3.amazonaws.com'.\n"
        "  → For the emulator: export LAKE_ENDPOINT=http://127.0.0.1:4566 (without --endpoint); "
        "for AWS: lake doctor --target aws\n"
    )


@pytest.mark.parametrize("command", [["status"], ["verify"], ["recommend", "1"], ["destroy"]])
def test_nothing_answers(command: list[str], closed: str) -> None:
    result = call(*command, "--endpoint", closed)
    assert result.exit_code == 1
    assert result.stderr.endswith(
        f"lake: The local target does not answer at {closed}.\n"
        "  → Start it with: lake emulator start\n"
    )


def test_json_errors_are_json(closed: str) -> None:
    result = call("verify", "--endpoint", closed, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "error": {
            "message": f"The local target does not answer at {closed}.",
            "hint": "Start it with: lake emulator start",
        }
    }


@pytest.mark.parametrize("option", ["--from", "--only"])
def test_unknown_stage(option: str) -> None:
    result = call("run", option, "trian")
    assert result.exit_code == 2
    assert "there is no stage 'trian'; did you mean train?" in result.stderr
    assert "land, full_load, stream, catalog" in " ".join(result.stderr.split())
    assert "did you mean" not in call("run", option, "wash").stderr


@pytest.mark.parametrize("name", ["-h", "--help"])
@pytest.mark.parametrize("words", [(), ("run",)])
def test_help_has_a_short_name(name: str, words: tuple[str, ...]) -> None:
    result = call(*words, name)
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_it_says_its_version() -> None:
    result = call("--version")
    assert (result.exit_code, result.stdout) == (0, f"lake {version('emulated-data-lake')}\n")


@pytest.mark.parametrize(
    ("shell", "asked", "expected"),
    [
        ("bash", {"COMP_WORDS": "lake rec", "COMP_CWORD": "1"}, "recommend"),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "lake rec"}, '_arguments \'*: :(("recommend":'),
        (
            "fish",
            {"_TYPER_COMPLETE_ARGS": "lake rec", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
            "recommend\t",
        ),
        (
            "powershell",
            {"_TYPER_COMPLETE_ARGS": "lake rec", "_TYPER_COMPLETE_WORD_TO_COMPLETE": "rec"},
            "recommend:::",
        ),
    ],
)
def test_shells_can_complete_it(shell: str, asked: dict[str, str], expected: str) -> None:
    assert "--install-completion" in call("--help").stdout
    env = {"_LAKE_COMPLETE": f"complete_{shell}", **asked}
    found = CliRunner().invoke(app, env=env, prog_name="lake")
    assert found.stdout.startswith(expected)
    assert len(found.stdout.strip().splitlines()) == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one(shell: str) -> None:
    """Where the shell is here, it reads the script; it asks `lake` in any case."""
    source = CliRunner().invoke(app, env={"_LAKE_COMPLETE": f"source_{shell}"}, prog_name="lake")
    script = source.stdout
    assert f"_LAKE_COMPLETE=complete_{shell}" in script
    program = shutil.which(shell)
    if program is not None:
        subprocess.run([program, "-n"], input=script, text=True, check=True, timeout=60)


def test_from_and_only_exclude_each_other() -> None:
    result = call("run", "--from", "land", "--only", "train")
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "lake: --from land and --only train exclude each other.\n"
        "  → lake run --from land; or: lake run --only train\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["recommend"],
        ["recommend", "-3"],
        ["recommend", "1", "-k", "0"],
        ["fly"],
        ["plan", "--max-cost", "nan"],
        ["plan", "--max-cost", "inf"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    assert call(*arguments).exit_code == 2


class _Sts:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}


@pytest.fixture
def aws_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS answers as account 123456789012; nothing else of it may be asked."""

    def client(_session: Any, service: str, **_: Any) -> _Sts:
        assert service in ("sts", "s3")
        return _Sts()

    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr(boto3.session.Session, "client", client)


@pytest.mark.parametrize("command", ["pause", "destroy"])
@pytest.mark.usefixtures("aws_account")
def test_aws_asks_for_the_account_before_it_acts(command: str) -> None:
    result = call(command, "--target", "aws", stdin="999999999999\n")
    assert result.exit_code == 1
    assert "account 123456789012 · region us-east-1" in result.stderr
    assert "Type the account id to go on" in result.stderr
    assert (
        "lake: The account is 123456789012, not 999999999999; nothing was done.\n" in result.stderr
    )


@pytest.mark.usefixtures("aws_account")
def test_aws_refuses_the_wrong_account_from_a_script() -> None:
    result = call("run", "--target", "aws", "--yes-account", "000000000000")
    assert result.exit_code == 1
    assert "nothing was done" in result.stderr


@dataclass
class _PluginError(Exception):
    message: str = "the plug-in cannot start"
    hint: str | None = "fix it"


def _raise(error: Exception) -> Any:
    def command(*_: Any, **__: Any) -> None:
        raise error

    return command


def test_errors_of_plugins_are_known_by_what_they_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "open_lake", _raise(_PluginError()))
    result = call("status")
    assert result.exit_code == 1
    assert result.stderr == "lake: the plug-in cannot start\n  → fix it\n"


def test_an_unexpected_error_has_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKE_DEBUG", raising=False)
    monkeypatch.setattr(commands, "open_lake", _raise(ZeroDivisionError("division by zero")))
    result = call("status")
    assert result.exit_code == 1
    assert result.stderr == (
        "lake: Unexpected ZeroDivisionError: division by zero\n"
        "  → Set LAKE_DEBUG=1 to see where it comes from, and please report it.\n"
    )


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            NoRegionError(),
            "The call to AWS failed: You must specify a region.",
            "See what is wrong with: lake doctor",
        ),
        (
            PermissionError(13, "Permission denied", "/x"),
            "This machine refuses: [Errno 13] Permission denied: '/x'",
            "See what is wrong with: lake doctor",
        ),
        (StackError("it failed"), "it failed", "See where the lake stands with: lake status"),
    ],
)
def test_every_error_names_a_command(error: Exception, message: str, hint: str) -> None:
    assert explain(error, None) == (message, hint)
    assert explain(error, open_target("local", environ={})) == (message, hint)
    aws = replace(open_target("local", environ={}), lake_options=" --target aws")
    assert explain(error, aws) == (message, f"{hint} --target aws")


def test_the_command_that_an_error_names_goes_where_the_failed_one_went() -> None:
    aws = replace(open_target("local", environ={}), lake_options=" --target aws")
    hint = "Do: lake run --from train; or: lake destroy --target aws; or: lake emulator start"
    assert explain(StackError("x", hint), aws)[1] == (
        "Do: lake run --target aws --from train; or: lake destroy --target aws; "
        "or: lake emulator start"
    )


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_DEBUG", "1")
    monkeypatch.setattr(commands, "open_lake", _raise(ZeroDivisionError("division by zero")))
    assert isinstance(call("status").exception, ZeroDivisionError)


def test_a_command_that_an_error_names_is_of_the_same_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or else `LAKE_PROJECT=films lake run` would lead to `lake destroy` of another lake."""
    monkeypatch.setenv("LAKE_PROJECT", "films")
    aws = replace(open_target("local", environ={}), lake_options=" --target aws")
    hint = "Do: lake destroy; then: lake run --target aws --yes-account 1:x"
    assert explain(StackError("x", hint), aws)[1] == (
        "Do: LAKE_PROJECT=films lake destroy --target aws; "
        "then: LAKE_PROJECT=films lake run --target aws --yes-account 1:x"
    )


@pytest.mark.parametrize(
    "command",
    [
        *("status", "recommend 42", "destroy --dry-run"),
        *("run --only train", "run --from=train", "run --from deploy --max-cost 3"),
    ],
)
def test_interruption_exits_with_130(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "open_lake", interrupted)
    result = call(*command.split(), "--endpoint", "http://127.0.0.1:1")
    assert result.exit_code == 130
    assert result.stderr == f"lake: Interrupted.\n  → Continue with: lake {command}\n"


def test_a_reader_that_has_read_enough_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "open_lake", _raise(BrokenPipeError()))
    result = call("status")
    assert result.exit_code == 141
    assert result.stderr == ""


@pytest.mark.parametrize("command", ["--help", "run --help", "iam-policy", "doctor"])
def test_a_closed_pipe_ends_every_command_alike(command: str, tmp_path: Any) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = str(Path(sys.executable).with_name("lake"))
    environ = {**os.environ, "LAKE_HOME": str(tmp_path), "LAKE_PORT": str(free_port())}
    try:
        done = subprocess.run(
            [program, *command.split()],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 141, done.stderr
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_doctor_exits_with_1_and_names_the_mending(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [
        Check("Java", False, "no Java found", "install Java 17"),
        Check("disk", True, "80 GB"),
    ]
    monkeypatch.setattr(doctor, "run_checks", lambda *_: checks)
    result = call("doctor")
    assert result.exit_code == 1
    assert "FAILED  Java: no Java found\n         → install Java 17\n" in result.stdout
    assert "ok      disk: 80 GB\n" in result.stdout
    result = call("doctor", "--json")
    assert [c["ok"] for c in json.loads(result.stdout)["checks"]] == [False, True]


def test_an_emulator_that_does_not_run_yet_is_no_fault(closed: str, tmp_path: Any) -> None:
    found = {c.name: c for c in doctor.run_checks("local", closed, tmp_path / "cache")}
    assert found["target"].ok
    assert found["data cache"].ok
    assert found["endpoint"].ok
    assert found["endpoint"].detail.startswith("not running: ")
    assert found["endpoint"].detail.endswith("make local starts it")
    assert not found["endpoint"].fix


def test_plugin_commands_join(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = typer.Typer()
    plugin.command("start")(lambda: typer.echo("started"))
    plugin.command("stop")(lambda: typer.echo("stopped"))

    class Point:
        name = "machine"

        @staticmethod
        def load() -> typer.Typer:
            return plugin

    monkeypatch.setattr(commands, "entry_points", lambda _: [Point])
    monkeypatch.setattr(app, "registered_groups", [])
    commands._join_plugins()
    assert call("machine", "start").output == "started\n"
