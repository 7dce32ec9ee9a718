"""What `make test-aws` does and keeps of an account: it names nobody, and can be replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from pipeline import polling
from pipeline.cli.commands import app
from pipeline.destroy import leftovers
from tests.aws.cassette import CASSETTES, Cassette, Exchange
from tests.aws.replay import LOOKS, Replay, replaying
from tests.aws.sanitise import ACCOUNT, Caller, sanitised
from tests.aws.session import COMMANDS, WITH_DATA, Session
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
    with replaying(cassette) as answers:
        for number, words in enumerate(cassette.commands, 1):
            if words[0] not in LOOKS:
                continue
            answers.command = number
            source = ["--movielens", str(data)] if words[0] in WITH_DATA else []
            done = CliRunner().invoke(app, [*words, "--target", "aws", *source])
            assert done.exit_code == 0, (words, done.stderr)
            found = json.loads(done.stdout) if "--json" in words else {}
            documents.setdefault(words[0], []).append(found)
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


def test_what_only_reads_is_replayed_without_an_account(
    tape: Cassette, ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = replay(tape, ratings, tmp_path, monkeypatch)
    assert documents.keys() == set(LOOKS)
    assert documents["verify"][0]["ok"]
    assert len(documents["recommend"][0]["titles"]) == 10
    assert all(record["status"] == "done" for record in documents["status"][0]["stages"].values())


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_what_an_account_answered_is_replayed(
    path: Path, ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cassette = Cassette.of(json.loads(path.read_text(encoding="utf-8")))
    replay(cassette, ratings, tmp_path, monkeypatch)


def exchange(operation: str, answer: str, params: Any = None, command: int = 1) -> Exchange:
    return Exchange("glue", operation, params or {}, 200, answer, command)


def test_answers_come_in_their_order_and_the_last_again() -> None:
    played = Replay([exchange("GetJob", text) for text in ("absent", "there")])
    asked = [played.answer(("glue", "GetJob"), {}).answer for _ in range(3)]
    assert asked == ["absent", "there", "there"]


def test_an_answer_to_the_same_parameters_goes_before_another() -> None:
    one, two = exchange("GetJob", "a", {"JobName": "a"}), exchange("GetJob", "b", {"JobName": "b"})
    played = Replay([one, two])
    assert played.answer(one.name, {"JobName": "b"}).answer == "b"
    assert played.answer(one.name, {"JobName": "c"}).answer == "a"
    for command, operation in ((1, "GetTable"), (2, "GetJob")):
        played.command = command
        with pytest.raises(LookupError, match=f"no answer to glue {operation}"):
            played.answer(("glue", operation), {})


def test_the_readme_says_whether_an_account_has_answered() -> None:
    readme = " ".join((Path(__file__).parents[3] / "README.md").read_text().split())
    denied = "No run on a real AWS account has been recorded yet" in readme
    assert denied == (not COMMITTED)
