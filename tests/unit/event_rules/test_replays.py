"""Which events a replay sends, to whom, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lakestack.services.event_rules import replays


def _at(minute: int, second: int = 0) -> datetime:
    return datetime(2026, 5, 1, 12, minute, second, tzinfo=UTC)


def test_the_minutes_of_begin_and_end_belong_to_the_time_and_events_are_in_order() -> None:
    events = [{"n": m, "time": f"2026-05-01T12:{m:02}:30Z"} for m in (4, 1, 3, 2)]
    found = replays.within(events, _at(1, 59), datetime(2026, 5, 1, 12, 3))
    assert [(event["n"], event["time"]) for event in found] == [(n, _at(n, 30)) for n in (1, 2, 3)]
    assert events[1]["time"] == "2026-05-01T12:01:30Z"


def test_a_replay_sends_to_the_rules_of_its_destination() -> None:
    def replay(**destination: Any) -> Any:
        return SimpleNamespace(destination={"Arn": "bus", **destination})

    assert replays.wants(replay(), "a")
    assert replays.wants(replay(FilterArns=["a"]), "a")
    assert not replays.wants(replay(FilterArns=["a"]), "b")
    assert replays.wants(None, "a")


def test_one_that_fails_says_so_and_one_of_the_same_name_stays_as_it_is() -> None:
    known: dict[str, Any] = {}

    def begin() -> None:
        known.setdefault("r", SimpleNamespace(state="STARTING"))
        raise RuntimeError("no space")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            replays.start(begin, known, "r")
        assert (known["r"].state, known["r"].state_reason) == ("FAILED", "no space")
    known["r"].state = "COMPLETED"
    with pytest.raises(RuntimeError):
        replays.start(begin, known, "r")
    assert known["r"].state == "COMPLETED"
