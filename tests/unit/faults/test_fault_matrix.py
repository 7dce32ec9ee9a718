"""The fault matrix: its rows, its samples, its reading of errors, and its table."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from pipeline.stages import STAGES
from tests.faults import matrix, outcome, processes, report
from tests.faults.__main__ import Rows
from tests.faults.trial import Result
from tests.integration.faults.lake_runs import Finished


def failed(hint: str) -> Finished:
    return Finished(1, "", f"stage: begins\nlake: It broke.\n  → {hint}\n")


def test_every_stage_has_every_fault() -> None:
    assert tuple(stage.name for stage in STAGES) == matrix.STAGES
    for stage in matrix.STAGES:
        assert {row.fault for row in matrix.rows() if row.stage == stage} == set(matrix.FAULTS)


def test_every_process_of_the_lake_is_killed_and_stopped() -> None:
    wanted = {*processes.ROLES, *processes.FUNCTIONS, "lake run"}
    for fault in (matrix.KILL, matrix.STOP):
        assert {row.victim for row in matrix.rows() if row.fault == fault} == wanted


def test_rows_have_names_of_their_own_and_a_moment_that_can_be_looked_for() -> None:
    rows = matrix.rows()
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.when.link in matrix.LINKS
        assert re.compile(row.when.operations)
        assert row.when.most > 0


def test_a_sample_is_the_seed_s_and_has_every_fault() -> None:
    rows = matrix.rows()
    chosen = matrix.sample(rows, "a", 10)
    assert chosen == matrix.sample(rows, "a", 10)
    assert chosen != matrix.sample(rows, "b", 10)
    assert {row.fault for row in chosen} == set(matrix.FAULTS)
    assert len(set(chosen)) == 10
    assert len(matrix.sample(rows, "a", 1000)) == len(rows)


def test_only_rows_that_fit_are_given_but_one_of_them_always() -> None:
    long = next(row for row in matrix.rows() if row.name == "land / emulator / kill -9")
    short = next(row for row in matrix.rows() if row.name == "land / lake → emulator / reset")
    assert long.seconds > short.seconds
    enough = time.monotonic() + short.seconds + 30
    rows = Rows([long, short, short], enough)
    assert rows.take(1.0) == short, "the long one would end too late"
    assert rows.take(9.0) is None, "on a slow machine all are too long"
    assert rows.take(9.0, at_any_rate=True) == short
    assert rows.rest() == [long]
    late = Rows([long, short], time.monotonic() - 1)
    assert not late.any()
    assert late.take(1.0) == short, "a sample without a row would prove nothing"
    assert late.take(1.0) is None
    rows.close()
    assert not rows.any()
    assert rows.take(0.0) is None


@pytest.mark.parametrize(
    ("call", "role"),
    [
        (["/x/python", "-m", "localstack.runtime.main"], "emulator"),
        (["java", "-cp", "/c/dynamodb-local-1/*", "py4j.GatewayServer"], "engine JVM"),
        (["py", "/e/supervise.py", "py", "--jars", "/c/dynamodb-local-1"], "engine supervisor"),
        (["py", "-m", "a.local_server", "--jars", "/c/dynamodb-local-1"], "engine host"),
        (["py", "/e/supervise.py", "java", "/w/script/training_data.py"], "job supervisor"),
        (["/usr/bin/java", "a/aws-java-sdk-dynamodb-1.jar", "/w/training_data.py"], "job JVM"),
        (["py", "/w/script/training_data.py"], "job driver"),
        (["py", "/e/supervise.py", "py", "train.py"], "training supervisor"),
        (["py", "train.py"], "training"),
        (["py", "/e/supervise.py", "py", "/e/serving.py"], "endpoint supervisor"),
        (["py", "-P", "/e/serving.py"], "endpoint server"),
    ],
)
def test_a_process_is_known_by_its_call(call: list[str], role: str) -> None:
    assert [name for name, fits in processes.ROLES.items() if fits(call)] == [role]


@pytest.mark.parametrize(
    ("hint", "commands"),
    [
        ("Load again with: lake run --only full_load --force", "run --only full_load --force"),
        (
            "Start it with: lake emulator start; then go on with: lake run",
            "emulator start, run",
        ),
        ("lake emulator stop, then: lake run", "emulator stop, run"),
        ("make down, then make local", "emulator stop, emulator start, run"),
        ("See where the lake stands with: lake status", "emulator start, run"),
    ],
)
def test_the_next_commands_are_read_from_the_error(hint: str, commands: str) -> None:
    assert ", ".join(" ".join(words) for words in outcome.next_commands(failed(hint))) == commands


@pytest.mark.parametrize(
    "call",
    [
        Finished(1, "", "Traceback (most recent call last):\nlake: It broke.\n  → lake run\n"),
        Finished(1, "", "It broke.\n"),
        Finished(2, "", "lake: It broke.\n  → lake run\n"),
        Finished(1, "", "lake: It broke.\n"),
    ],
)
def test_an_error_that_is_no_help_is_a_failure(call: Finished) -> None:
    with pytest.raises(outcome.FaultFoundError):
        outcome.require_clean(call, "lake run")


def test_a_difference_is_named() -> None:
    outcome.require_same({"items": 5}, {"items": 5})
    for found in ({"items": 4}, {}, {"items": 5, "more": 1}):
        with pytest.raises(outcome.FaultFoundError, match="differs"):
            outcome.require_same(found, {"items": 5})


def test_the_table_is_put_between_its_markers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "DOCUMENT", page)
    rows = matrix.rows()
    results = [
        Result(rows[0], outcome.CONVERGED, 41.4, 1),
        Result(rows[1], outcome.FAILED, 9.0, text="it differs"),
    ]
    report.write_document(results, len(rows))
    text = page.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "old" not in text
    assert f"2 of {len(rows)} rows" in text
    assert "| converged, 41 s, 1 ↻ | **FAILED** |" in text


def test_a_part_of_the_matrix_is_added_to_what_was_run_before(tmp_path: Path) -> None:
    rows, place = matrix.rows(), tmp_path / "faults.json"
    assert report.read_json(place) == []
    before = [
        Result(rows[2], outcome.FAILED, 9.0, 0, "killed", "it differs", "2026-01-01", "7"),
        Result(rows[1], outcome.WENT_ON, 8.0, day="2026-01-01", seed="7"),
    ]
    report.write_json(before, place)
    again = Result(rows[2], outcome.CONVERGED, 40.0, 1, day="2026-01-02", seed="8")
    now = [again, Result(rows[1], outcome.SKIPPED), Result(rows[0], outcome.SKIPPED)]
    found = report.added(report.read_json(place), now)
    assert found == [now[2], before[1], again]
    table = report.markdown(found, len(rows))
    assert table.startswith("2026-01-01 to 2026-01-02, ")
    assert f"seed `7`, `8`: 2 of {len(rows)} rows." in table


def test_the_document_has_the_markers() -> None:
    text = report.DOCUMENT.read_text(encoding="utf-8")
    assert text.index(report.BEGIN) < text.index(report.END)
