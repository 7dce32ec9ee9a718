"""Faults on record, and work that goes on after an error nobody foresaw."""

from __future__ import annotations

import threading

import pytest

from lakestack.services import faults


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(faults, "LONGEST_PAUSE", 0.002)


def test_a_fault_is_counted_and_kept() -> None:
    _, before = faults.recorded()
    made = faults.record("engine", "ended", "nothing lost")
    kept, count = faults.recorded()
    assert (kept[-1], count) == (made, before + 1)
    assert made.as_dict()["event"] == "ended"


def test_old_faults_go_but_stay_counted() -> None:
    _, before = faults.recorded()
    for number in range(faults.MOST_KEPT + 5):
        faults.record("engine", f"ended {number}", "")
    kept, count = faults.recorded()
    assert len(kept) == faults.MOST_KEPT
    assert count == before + faults.MOST_KEPT + 5


def test_work_that_fails_is_taken_up_again_and_recorded() -> None:
    left = [ValueError("first"), KeyError("second")]
    _, before = faults.recorded()

    def work() -> None:
        if left:
            raise left.pop(0)

    faults.keep_running(work, "delivery stream x", threading.Event())
    kept, count = faults.recorded()
    assert count == before + 2
    assert [f.event for f in kept[-2:]] == ["ValueError: first", "KeyError: 'second'"]
    assert {f.subject for f in kept[-2:]} == {"delivery stream x"}


def test_work_that_is_to_end_is_not_taken_up_again() -> None:
    stopping = threading.Event()
    calls = []

    def work() -> None:
        calls.append(1)
        stopping.set()
        raise ValueError("at the end")

    faults.keep_running(work, "x", stopping)
    assert len(calls) == 1
