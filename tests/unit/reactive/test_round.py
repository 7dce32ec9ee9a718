"""Whose round an execution goes on with, and what it tells; template and code agree."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest

from pipeline.account.templates import parse
from pipeline.cloudformation import template_text
from pipeline.errors import RetrainingError
from pipeline.lake import Lake
from pipeline.reactive import function
from pipeline.reactive.batches import Taken
from pipeline.reactive.function import STEPS, train
from pipeline.reactive.message import NAMED, Message
from pipeline.retraining import loop
from pipeline.retraining.champion import Champion
from pipeline.retraining.decision import Thresholds
from pipeline.retraining.rounds import Round, Rounds, now
from pipeline.settings import REACTIVE, Settings
from tests.unit.reactive.fakes import FakeLake, as_lake

EVENT = {"execution": "arn:a", "copies": [], "job_run": "jr_1", "delivered": "f"}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeLake:
    monkeypatch.setattr(function, "_lock", lambda _: nullcontext())
    monkeypatch.setattr(loop, "current", lambda _: Champion("s3://b/champion", "job", {}))
    return FakeLake()


def _advancing(monkeypatch: pytest.MonkeyPatch, outcome: str) -> list[Round]:
    """A loop in which every round ends when it is continued."""
    seen: list[Round] = []

    def advance(lake: Lake, found: Round, _: Thresholds) -> bool:
        seen.append(found)
        found.end(outcome, "because")  # type: ignore[arg-type]
        Rounds(lake).write(found)
        if outcome == "failed":
            raise RetrainingError("no memory")
        return True

    monkeypatch.setattr(function, "advance", advance)
    return seen


def test_an_execution_has_a_round_of_its_own_that_trains_whatever_the_signs_say(
    fake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _advancing(monkeypatch, "promoted")
    found = train(as_lake(fake), {**EVENT, "began": ""})
    assert (found["done"], found["subject"]) == (True, "promoted: 0 raw files")
    [its] = seen
    assert its.forced
    assert its.notes["job_run"] == "jr_1"
    again = train(as_lake(fake), {**EVENT, "began": ""})
    assert again["began"] == found["began"], "its answer was lost"
    assert seen == [its]


def test_another_round_ends_first_and_a_later_one_is_not_taken_for_ones_own(
    fake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _advancing(monkeypatch, "refused")
    rounds = Rounds(as_lake(fake))
    rounds.write(Round("s3://b/champion", "monitor", began=now()))
    assert train(as_lake(fake), {**EVENT, "began": ""}) == {"done": False, "began": ""}
    found = train(as_lake(fake), {**EVENT, "began": ""})
    assert found["done"]
    rounds.write(Round("s3://b/champion", "monitor", began="2999-01-01T00:00:00.000+00:00"))
    assert train(as_lake(fake), {**EVENT, "began": found["began"]})["began"] == found["began"]
    assert len(seen) == 2


def test_a_round_that_fails_is_told_of(fake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    _advancing(monkeypatch, "failed")
    found = train(as_lake(fake), {**EVENT, "began": ""})
    assert json.loads(found["message"])["outcome"] == "failed"


def test_a_message_names_some_files_and_counts_all() -> None:
    files = [Taken(str(n), f"raw/{n}.csv", rows=2, rejected=1) for n in range(NAMED + 5)]
    files.append(Taken("x", "raw/x.csv", refused="empty"))
    found = Message("promoted", "better", "arn:a", files).as_dict()
    told = json.loads(found["message"])
    assert (told["count"], len(told["files"])) == (NAMED + 6, NAMED)
    assert (told["rows"], told["rejected"]) == (2 * NAMED + 10, NAMED + 5)
    assert told["refused"] == {"raw/x.csv": "empty"}


def _payloads(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        here = [node["Payload"]] if "Payload" in node else []
        return here + [found for value in node.values() for found in _payloads(value)]
    if isinstance(node, list):
        return [found for value in node for found in _payloads(value)]
    return []


def test_the_template_names_the_steps_and_the_prefix_that_the_code_has() -> None:
    resources = parse(template_text(REACTIVE))["Resources"]
    steps = [p["step"] for p in _payloads(resources["Machine"]) if "step" in p]
    assert sorted(steps) == sorted(STEPS)
    pattern = resources["RawFiles"]["Properties"]["EventPattern"]["detail"]["object"]["key"]
    assert pattern == [{"prefix": Settings("000000000000").raw_prefix}]
