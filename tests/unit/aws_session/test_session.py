"""The session in an account: judged by what each command says, and destroyed in any case."""

from __future__ import annotations

import json

import pytest

from tests.aws.cassette import Cassette
from tests.aws.session import COMMANDS, Session


class Told:
    """A `lake` that answers as it is told."""

    def __init__(self, **answers: list[tuple[int, dict[str, object]]]) -> None:
        self.answers = answers
        self.asked: list[list[str]] = []

    def __call__(self, words: list[str]) -> tuple[int, str]:
        self.asked.append(words)
        given = self.answers.get(words[0])
        code, document = given.pop(0) if given else (0, {"ok": True, "leftovers": [], "stages": []})
        return code, json.dumps(document)


def play(lake: Told) -> list[str]:
    return Session(lake, "data", "1:eu-west-1", lambda _text: None).play(Cassette("eu-west-1"))


def test_all_is_done_confirmed_and_ended() -> None:
    lake = Told()
    assert play(lake) == []
    assert [words[0] for words in lake.asked] == [command[0] for command in COMMANDS]
    assert all(("--yes-account" in w) == (w[0] in ("run", "pause", "destroy")) for w in lake.asked)


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        ("plan", (1, {}), "lake plan --json ended with 1"),
        ("verify", (0, {"ok": False}), "lake verify --json: not ok"),
        ("run", (1, {}), "lake run --json ended with 1"),
    ],
)
def test_a_fault_ends_the_session_and_the_lake(
    command: str, answer: tuple[int, dict[str, object]], said: str
) -> None:
    lake = Told(**{command: [answer]})
    assert play(lake) == [said]
    assert lake.asked[-1][0] == "destroy"
    assert lake.asked[-2][0] == command


def test_a_second_run_that_does_something_is_a_fault() -> None:
    first = {"ok": True, "stages": [{"stage": "land", "skipped": False}]}
    assert play(Told(run=[(0, first), (0, first)])) == ["the second lake run did something again"]


def test_what_is_left_is_named() -> None:
    left: dict[str, object] = {"ok": True, "leftovers": ["bucket x"]}
    [said] = play(Told(destroy=[(0, left)]))
    assert "bucket x" in said


def test_a_lake_is_destroyed_when_the_session_is_broken_off() -> None:
    class Broken(Told):
        def __call__(self, words: list[str]) -> tuple[int, str]:
            answer = super().__call__(words)
            if words[0] == "verify":
                raise KeyboardInterrupt
            return answer

    lake = Broken()
    with pytest.raises(KeyboardInterrupt):
        play(lake)
    assert lake.asked[-1][0] == "destroy"
