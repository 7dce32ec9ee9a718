"""What `make test-aws` does and keeps, in the account of this process."""

from __future__ import annotations

import json
from pathlib import Path

from tests.aws.cassette import CASSETTES, Cassette
from tests.aws.sanitise import ACCOUNT, Caller, sanitised
from tests.aws.session import COMMANDS, Session
from tests.integration.aws_target.account import REGION, Account

CALLER = Caller(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/moto", "AKIAIOSFODNN7EXAMPLE", ("testing",))


def test_a_session_is_recorded_and_leaves_nothing(account: Account) -> None:
    cassette = Cassette(REGION)
    before = account.left()

    def lake(words: list[str]) -> tuple[int, str]:
        ended = account.lake(*[word for word in words if word not in ("--target", "aws")])
        return ended.code, ended.stdout

    session = Session(lake, str(account.data), f"{ACCOUNT}:{REGION}", lambda _text: None)
    with cassette.recording():
        assert session.play(cassette) == []
    assert account.left() == before
    assert [tuple(command) for command in cassette.commands] == list(COMMANDS)
    kept = sanitised(cassette, CALLER)
    assert Cassette.of(json.loads(json.dumps(kept.as_dict()))) == kept
    asked = {one.command for one in kept.exchanges}
    assert asked == set(range(1, len(COMMANDS) + 1))
    operations = {one.name for one in kept.exchanges}
    assert {("sagemaker", "CreateTrainingJob"), ("glue", "StartJobRun")} <= operations
    [bodies] = [{k for one in kept.exchanges for k in (one.answer.get("Body") or {})}]
    assert bodies == {"$stream"}


def test_the_readme_says_whether_an_account_has_answered() -> None:
    readme = " ".join((Path(__file__).parents[3] / "README.md").read_text().split())
    denied = "No run on a real AWS account has been recorded yet" in readme
    assert denied == (not list(CASSETTES.glob("*.json")))
