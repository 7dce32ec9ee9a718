"""What `make test-aws` does and keeps of an account: it names nobody, and can be replayed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from pipeline import leftovers, polling
from pipeline.cli import app
from tests.aws.cassette import CASSETTES, Cassette, Exchange
from tests.aws.replay import Replay, replaying
from tests.aws.sanitise import ACCOUNT, Caller, sanitised
from tests.aws.session import COMMANDS, Session
from tests.integration.aws_target.account import REGION, Fast, Skipping, opened

CALLER = Caller(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/moto", "AKIAIOSFODNN7EXAMPLE", ("testing",))
COMMITTED = sorted(CASSETTES.glob("*.json"))


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory, ratings: Path) -> Cassette:
    """A session in the account of this process, as it is kept."""
    cassette = Cassette(REGION)
    folder = tmp_path_factory.mktemp("account")
    with pytest.MonkeyPatch.context() as patch, opened(folder, ratings, patch) as account:

        def lake(words: list[str]) -> tuple[int, str]:
            ended = account.lake(*[word for word in words if word not in ("--target", "aws")])
            return ended.code, ended.stdout

        before = account.left()
        session = Session(lake, str(ratings), f"{ACCOUNT}:{REGION}", lambda _text: None)
        with cassette.recording():
            assert session.play(cassette) == []
        assert account.left() == before
    return sanitised(cassette, CALLER)


def replay(
    cassette: Cassette, data: Path, cache: Path, patch: pytest.MonkeyPatch
) -> dict[str, list[dict[str, Any]]]:
    """The documents of all commands, by command; nothing but the cassette answers."""
    for name, value in {
        "AWS_REGION": cassette.region,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "LAKE_CACHE": str(cache),
        "LAKE_DEBUG": "1",
    }.items():
        patch.setenv(name, value)
    patch.setattr(polling, "time", Fast())
    patch.setattr(leftovers, "time", Skipping())
    patch.setattr(boto3, "DEFAULT_SESSION", None)
    documents: dict[str, list[dict[str, Any]]] = {}
    failures: list[str] = []

    def lake(words: list[str]) -> tuple[int, str]:
        if failures:
            return 1, ""  # the session destroys after a failure, which nobody has recorded
        done = CliRunner().invoke(app, words)
        if done.exit_code:
            failures.append(f"lake {' '.join(words)}: {done.stderr}\n{done.exc_info}")
        if not done.exit_code and "--json" in words:
            documents.setdefault(words[0], []).append(json.loads(done.stdout))
        return done.exit_code, done.stdout

    session = Session(lake, str(data), f"{ACCOUNT}:{cassette.region}", lambda _text: None)
    played = Cassette(cassette.region)
    with replaying(cassette, lambda: len(played.commands)):
        faults = session.play(played)
    assert failures == []
    assert faults == []
    return documents


def test_a_session_is_recorded(tape: Cassette) -> None:
    assert [tuple(command) for command in tape.commands] == list(COMMANDS)
    assert Cassette.of(json.loads(json.dumps(tape.as_dict()))) == tape
    asked = {one.command for one in tape.exchanges}
    assert asked == set(range(1, len(COMMANDS) + 1))
    operations = {one.name for one in tape.exchanges}
    assert {("sagemaker", "CreateTrainingJob"), ("glue", "StartJobRun")} <= operations
    [bodies] = [{k for one in tape.exchanges for k in (one.answer.get("Body") or {})}]
    assert bodies == {"$stream"}


def test_a_recorded_session_is_replayed_without_an_account(
    tape: Cassette, ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = replay(tape, ratings, tmp_path, monkeypatch)
    assert [run["ok"] for run in documents["run"]] == [True] * 3
    assert documents["verify"][0]["ok"]
    assert documents["destroy"][0]["leftovers"] == []


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_what_an_account_answered_is_replayed(
    path: Path, ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cassette = Cassette.of(json.loads(path.read_text(encoding="utf-8")))
    replay(cassette, ratings, tmp_path, monkeypatch)


def exchange(operation: str, answer: str, params: Any = None, command: int = 1) -> Exchange:
    return Exchange("glue", operation, params or {}, 200, answer, command)


def test_a_read_sees_what_was_there_after_the_last_change() -> None:
    def of(operation: str, answer: str, job: str = "a") -> Exchange:
        return exchange(operation, answer, {"JobName": job})

    exchanges = [
        of("GetJob", "absent", "a"),
        of("CreateJob", "made", "a"),
        of("GetJob", "there", "a"),
        of("GetJob", "ready", "a"),
    ]
    played = Replay(exchanges)

    def ask(operation: str, job: str = "a") -> Any:
        return played.answer(1, ("glue", operation), {"JobName": job}).answer

    asked = [ask(o) for o in ("GetJob", "GetJob", "CreateJob", "GetJob", "GetJob", "GetJob")]
    assert asked == ["absent", "absent", "made", "there", "ready", "ready"]


def test_what_another_thread_changes_meanwhile_is_not_seen() -> None:
    played = Replay(
        [
            exchange("GetTable", "one", {"Name": "t"}),
            exchange("GetTable", "two", {"Name": "t"}),
            exchange("UpdateJob", "made", {"JobName": "a"}),
            exchange("GetTable", "three", {"Name": "t"}),
        ]
    )

    def look() -> Any:
        return played.answer(1, ("glue", "GetTable"), {"Name": "t"}).answer

    with ThreadPoolExecutor(1) as pool:
        seen = [pool.submit(look).result()]
        played.answer(1, ("glue", "UpdateJob"), {"JobName": "a"})
        seen.append(pool.submit(look).result())
    assert [*seen, look()] == ["one", "two", "three"]


def test_an_answer_to_the_same_parameters_goes_before_another() -> None:
    one, two = exchange("GetJob", "a", {"JobName": "a"}), exchange("GetJob", "b", {"JobName": "b"})
    played = Replay([one, two])
    assert played.answer(1, one.name, {"JobName": "b"}).answer == "b"
    assert played.answer(1, one.name, {"JobName": "c"}).answer == "a"
    with pytest.raises(LookupError, match="no answer to glue GetTable"):
        played.answer(1, ("glue", "GetTable"), {})


def test_the_readme_says_whether_an_account_has_answered() -> None:
    readme = " ".join((Path(__file__).parents[3] / "README.md").read_text().split())
    denied = "No run on a real AWS account has been recorded yet" in readme
    assert denied == (not COMMITTED)
