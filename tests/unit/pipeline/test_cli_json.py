"""With `--json` there is one document on stdout, and an `error` in it unless the exit code is 0."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from lakestack.instance import Running
from pipeline import doctor, runner, verify
from pipeline.cli import commands
from pipeline.cli.commands import _join_plugins, app
from pipeline.destroy import destruction
from pipeline.destroy.destruction import Destruction
from pipeline.doctor import Check
from pipeline.errors import DataError
from pipeline.runner import RunResult
from pipeline.verify import Finding, Verification
from tests.support import free_port

OFF = Verification(findings=[Finding(1, "land", "five files", False, "four")])
VERIFY_ERROR = {
    "message": "The lake does not verify: five files: four.",
    "hint": "Make it again with: lake run --from land --force",
}


def call(*arguments: str, stdin: str = "") -> tuple[int, dict[str, Any], str]:
    _join_plugins()
    result = CliRunner().invoke(app, arguments, input=stdin)
    return result.exit_code, json.loads(result.stdout), result.stderr


@pytest.fixture(autouse=True)
def _no_target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "aws_account" not in request.fixturenames:
        lake = SimpleNamespace(target=SimpleNamespace(prices=None))
        monkeypatch.setattr(commands, "open_lake", lambda *_: lake)


@pytest.fixture
def aws_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS answers as account 123456789012."""
    sts = SimpleNamespace(get_caller_identity=lambda: {"Account": "123456789012"})
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr(boto3.session.Session, "client", lambda *_, **__: sts)


def test_a_run_that_does_not_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "run", lambda *_, **__: RunResult("x", verification=OFF))
    code, document, stderr = call("run", "--json")
    assert (code, document["error"]) == (1, VERIFY_ERROR)
    assert document["verification"]["findings"][0]["found"] == "four"
    assert stderr == f"lake: {VERIFY_ERROR['message']}\n  → {VERIFY_ERROR['hint']}\n"


def test_a_run_that_fails_before_it_has_found_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise DataError("no files", "lake run --movielens <folder>")

    monkeypatch.setattr(runner, "run", fails)
    error = {"message": "no files", "hint": "lake run --movielens <folder>"}
    assert call("run", "--json")[:2] == (1, {"error": error})


def test_a_verification_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "verify_lake", lambda *_: OFF)
    code, document, _ = call("verify", "--json")
    assert (code, document["error"], document["ok"]) == (1, VERIFY_ERROR, False)


def test_a_clean_up_that_leaves_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destruction, "destroy_lake", lambda *_: Destruction(leftovers=["table x"]))
    code, document, _ = call("destroy", "--json")
    assert code == 1
    assert document["leftovers"] == ["table x"]
    assert document["error"] == {
        "message": "Still there: table x.",
        "hint": "Try again with: lake destroy",
    }


def test_a_success_has_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destruction, "destroy_lake", lambda *_: Destruction())
    code, document, _ = call("destroy", "--json")
    assert code == 0
    assert document == {
        "deleted": [],
        "dry_run": False,
        "steps": [],
        "kept": [],
        "leftovers": [],
    }


def test_a_doctor_who_finds_something(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Check("disk", True, "80 GB"), Check("Java", False, "no Java found", "install Java 17")]
    monkeypatch.setattr(doctor, "run_checks", lambda *_: found)
    code, document, _ = call("doctor", "--json")
    assert code == 1
    assert [check["ok"] for check in document["checks"]] == [True, False]
    assert document["error"] == {"message": "Failed: Java.", "hint": "install Java 17"}


def test_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", interrupted)
    error = {"message": "Interrupted.", "hint": "Continue with: lake run"}
    assert call("run", "--json")[:2] == (130, {"error": error})


@pytest.mark.usefixtures("aws_account")
def test_an_account_that_nobody_confirms() -> None:
    code, document, _ = call("destroy", "--target", "aws", "--json", stdin="")
    assert code == 1
    assert document["error"] == {
        "message": "Account 123456789012 was not confirmed; nothing was done.",
        "hint": "Confirm it with: lake destroy --target aws --yes-account 123456789012:us-east-1",
    }


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["verify", "--lab", "9"], "range", "See: lake verify --help"),
        (["recommend"], "give a user id, or --rated", "See: lake recommend --help"),
        (["fly"], "No such command 'fly'", "See: lake --help"),
        (["emulator", "logs"], "No such option: --json", "See: lake emulator logs --help"),
    ],
)
def test_a_wrong_usage(arguments: list[str], message: str, hint: str) -> None:
    result = CliRunner().invoke(app, [*arguments, "--json"], prog_name="lake")
    error = json.loads(result.stdout)["error"]
    assert result.exit_code == 2
    assert message in error["message"]
    assert error["hint"] == hint


def test_debugging_adds_a_traceback_and_nothing_to_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_DEBUG", "1")
    monkeypatch.setattr(verify, "verify_lake", lambda *_: OFF)
    code, document, _ = call("verify", "--json")
    assert (code, document["error"]) == (1, VERIFY_ERROR)


def test_the_emulator_that_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAKE_HOME", str(tmp_path))
    port = free_port()
    given = ("--port", str(port), "--json")
    there = {"running": False, "port": port, "pid": None, "url": None}
    assert call("emulator", "stop", *given)[:2] == (0, {**there, "stopped": False})
    error = {
        "message": f"no emulator runs on port {port}",
        "hint": f"lake emulator start --port {port}",
    }
    assert call("emulator", "status", *given)[:2] == (1, {**there, "error": error})


def test_the_emulator_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running(7, 0.0, 4567)
    monkeypatch.setattr("lakestack.cli.Emulator.start", lambda _: (running, True))
    code, document, _ = call("emulator", "start", "--port", "4567", "--json")
    assert code == 0
    assert document.pop("seconds") >= 0
    there = {"running": True, "port": 4567, "pid": 7, "url": "http://127.0.0.1:4567"}
    assert document == {**there, "started": True}


def test_the_set_up_says_what_it_has_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakestack.emulator.install", lambda notice: notice("fetching"))
    assert call("emulator", "install", "--json") == (0, {"done": ["fetching"]}, "fetching\n")
