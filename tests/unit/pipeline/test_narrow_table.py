"""No number is cut, however narrow the terminal is."""

from __future__ import annotations

import io

import pytest

from pipeline.console import lake_console
from pipeline.console.lake_console import (
    LakeConsole,
    print_recommendations,
    print_status,
    print_verification,
)
from pipeline.reconciliation import Hop
from pipeline.run_state import Record
from pipeline.stages.recommend import Recommendations, Title
from pipeline.status import LakeStatus
from pipeline.verify import Finding, Verification

HOP = Hop("full_load", "S3 ratings → ratings_t", 25_000_095, 24_000_095, 1_000_001, 12_345)
FOUND = Verification([Finding(1, "land", "five files in data/", True, "12,345,678 rows")], [HOP])
STATUS = LakeStatus(
    {"lab-1-nested": "CREATE_COMPLETE"},
    {
        "land": Record("land", "done", "x", {"ratings": 25_000_095}, {}, 1234.5, "2026-11-01"),
        "full_load": Record("full_load", "running", "x"),
    },
)
TITLES = Recommendations(42, "known", [Title(1, "Wallace & Gromit: The Wrong Trousers", 0.123)])


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_numbers_stay_whole(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(lake_console, "stdout_console", lambda: LakeConsole(file=out, width=width))
    print_verification(FOUND)
    print_status(STATUS)
    print_recommendations(TITLES)
    text = out.getvalue()
    for number in ("25,000,095", "24,000,095", "1,000,001", "12,345", "12,345,678", "1234.5"):
        assert number in text, f"{number} at {width} columns:\n{text}"
    for word in ("CREATE_COMPLETE", "Trousers", "0.123"):
        assert word in text
    assert "…" not in text


def test_a_stage_that_runs_has_not_taken_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(lake_console, "stdout_console", lambda: LakeConsole(file=out, width=120))
    print_status(STATUS)
    [row] = [line for line in out.getvalue().splitlines() if "full_load" in line]
    assert row.replace("│", " ").split() == ["full_load", "running"]


def test_a_wide_terminal_has_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(lake_console, "stdout_console", lambda: LakeConsole(file=out, width=80))
    print_verification(FOUND)
    assert "difference" in out.getvalue()
    assert all(len(line) <= 80 for line in out.getvalue().splitlines())
