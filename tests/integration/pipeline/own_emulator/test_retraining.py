"""The loop on a lake of its own: kept, promoted, rolled back, refused, cleaned up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.console.lake_console import reporter
from pipeline.errors import RetrainingError
from pipeline.lake import Lake
from pipeline.retraining import command, jobs, loop, swap
from pipeline.retraining.champion import current
from pipeline.retraining.decision import Decision, Thresholds, Verdict
from pipeline.retraining.registry import versions
from pipeline.retraining.rounds import Round, Rounds
from pipeline.stages.recommend import titles_for
from pipeline.target import open_target
from tests.integration.pipeline import movielens_data

pytestmark = [pytest.mark.emulator, pytest.mark.spark, pytest.mark.large]


@dataclass
class Filled:
    """A lake whose tastes have shifted once."""

    url: str
    data: Path
    lake: Lake
    quiet: dict[str, Any]
    """`lake retrain` on nothing new."""
    drift: dict[str, Any]
    plot: str
    verified: dict[str, Any]
    again: dict[str, Any]
    """`lake run` after it."""
    versions: dict[int, dict[str, Any]]

    def __call__(self, *words: str) -> dict[str, Any]:
        return _lake(self.url, *words)


def _lake(url: str, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*words, "--endpoint", url, "--json"])
    assert done.exit_code == 0, f"{words}: {done.stderr}"
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def filled(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    folder = tmp_path_factory.mktemp("retraining")
    movielens_data.write_folder(folder / "data")
    _lake(emulator, "run", "--movielens", str(folder / "data"))
    quiet = _lake(emulator, "retrain")
    plot = folder / "drift.svg"
    drift = _lake(emulator, "simulate-drift", "--plot", str(plot))
    lake = Lake.open(open_target("local", endpoint=emulator), reporter())
    return Filled(
        url=emulator,
        data=folder / "data",
        lake=lake,
        quiet=quiet,
        drift=drift,
        plot=plot.read_text(encoding="utf-8"),
        verified=_lake(emulator, "verify"),
        again=_lake(emulator, "run", "--movielens", str(folder / "data")),
        versions={v["ModelPackageVersion"]: v for v in versions(lake)},
    )


def test_nothing_new_keeps_the_champion_with_a_reason(filled: Filled) -> None:
    assert filled.quiet["outcome"] == "kept"
    assert filled.quiet["verdict"] == "no rating has come since the champion was trained"
    assert filled.quiet["signs"]["arrived"] == 0


def test_a_shift_is_seen_and_a_better_model_is_promoted(filled: Filled) -> None:
    drift = filled.drift
    assert drift["outcome"] == "promoted", drift
    assert drift["before"] > drift["bottom"] < drift["after"]
    assert drift["reasons"]
    assert drift["verdict"].startswith("better beyond noise")
    assert filled.plot.startswith("<svg")
    assert "tastes shift" in filled.plot
    assert "another model serves" in filled.plot


def test_the_lake_verifies_and_a_run_finds_nothing_to_do(filled: Filled) -> None:
    assert filled.verified["ok"]
    ran = {s["stage"] for s in filled.again["stages"] if not s["skipped"]}
    assert ran == {"recommend"}


def test_the_registry_has_every_model_with_its_status_and_reason(filled: Filled) -> None:
    first, second = filled.versions[1], filled.versions[2]
    assert first["ModelApprovalStatus"] == second["ModelApprovalStatus"] == "Approved"
    assert second["ApprovalDescription"].startswith("better beyond noise")
    assert second["CustomerMetadataProperties"]["challenged"]


def test_whatever_fails_the_champion_serves_and_all_is_cleaned_up(filled: Filled) -> None:
    """In this order, because each round finds what the one before it has left."""
    for step in (
        _what_does_not_come_up_is_rolled_back,
        _what_fails_the_smoke_test_is_rolled_back,
        _what_was_rejected_before_is_refused,
        _an_artifact_that_is_gone_is_refused,
        _a_challenger_that_fails_half_way_leaves_the_champion,
        _an_interrupted_round_is_gone_on_with_and_nothing_is_done_twice,
        _the_schedule_is_made_called_and_removed_by_destroy,
    ):
        with pytest.MonkeyPatch.context() as patch:
            step(filled, patch)


def _forced(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, before_swap: Callable[[Round], None]
) -> Round:
    """A forced round whose challenger wins, stopped before the swap to do something."""
    monkeypatch.setattr(loop, "judge", lambda *_: Verdict(True, "won for the test"))
    seen: list[str] = []
    begin_swap = loop.STEPS["swap"]

    def swapping(lake: Lake, found: Round, limits: Thresholds) -> bool:
        if not seen:
            before_swap(found)
            seen.append(found.step)
        return begin_swap(lake, found, limits)

    monkeypatch.setattr(loop, "STEPS", {**loop.STEPS, "swap": swapping})
    return command.retrain(lake, force=True)


def _package(lake: Lake, found: Round) -> dict[str, Any]:
    answer = lake.client("sagemaker").describe_model_package(
        ModelPackageName=found.notes["package"]
    )
    return dict(answer)


def _location(found: Round) -> dict[str, str]:
    bucket, _, key = found.notes["artifact"].removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _what_does_not_come_up_is_rolled_back(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = filled.lake
    champion = current(lake)
    kept: list[bytes] = []

    def breaks(found: Round) -> None:
        place = _location(found)
        kept.append(lake.s3.get_object(**place)["Body"].read())
        lake.s3.put_object(**place, Body=kept[0][: len(kept[0]) // 2])

    found = _forced(lake, monkeypatch, breaks)
    assert found.outcome == "rolled back", found
    assert "did not come into service" in found.verdict
    assert current(lake) == champion
    assert titles_for(lake, 1, 5).titles
    package = _package(lake, found)
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "rolled back" in package["ApprovalDescription"]
    assert filled("verify")["ok"]
    lake.s3.put_object(**_location(found), Body=kept[0])


def _what_fails_the_smoke_test_is_rolled_back(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = current(filled.lake)
    monkeypatch.setattr(swap, "smoke_fault", lambda *_: "it answers nonsense")
    found = _forced(filled.lake, monkeypatch, lambda _: None)
    assert found.outcome == "rolled back", found
    assert "failed the smoke test: it answers nonsense" in found.verdict
    assert current(filled.lake) == champion
    assert titles_for(filled.lake, 1, 5).titles


def _what_was_rejected_before_is_refused(filled: Filled, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(loop, "judge", lambda *_: Verdict(True, "won for the test"))
    patch.setattr(loop, "decide", lambda *_, **__: Decision(True, ["for the test"]))
    found = command.retrain(filled.lake)
    assert found.outcome == "refused"
    assert "rejected the same model before" in found.verdict


def _an_artifact_that_is_gone_is_refused(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = filled.lake
    champion = current(lake)
    kept: list[bytes] = []

    def deletes(found: Round) -> None:
        kept.append(lake.s3.get_object(**_location(found))["Body"].read())
        lake.s3.delete_object(**_location(found))

    found = _forced(lake, monkeypatch, deletes)
    assert found.outcome == "refused"
    assert "is gone" in found.verdict
    assert current(lake) == champion
    lake.s3.put_object(**_location(found), Body=kept[0])


def _an_interrupted_round_is_gone_on_with_and_nothing_is_done_twice(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = filled.lake
    before = _jobs(lake)

    def interrupted(_: Round) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _forced(lake, monkeypatch, interrupted)
    newest = Rounds(lake).newest()
    assert newest is not None
    assert newest.step == "swap"
    monkeypatch.undo()
    packages = len(list(versions(lake)))
    found = command.retrain(lake)
    assert found.began == newest.began
    assert found.outcome == "promoted"
    assert titles_for(lake, 1, 5).titles
    assert _jobs(lake) == before, "the look and the challenger of before were found again"
    assert len(list(versions(lake))) == packages


def _a_challenger_that_fails_half_way_leaves_the_champion(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = filled.lake
    champion = current(lake)

    def ended(_: Lake, name: str) -> dict[str, Any] | None:
        raise RetrainingError(f"Training job {name} failed: no memory")

    monkeypatch.setattr(jobs, "ended_job", ended)
    with pytest.raises(RetrainingError, match="no memory"):
        command.retrain(lake, force=True)
    newest = Rounds(lake).newest()
    assert newest is not None
    assert newest.outcome == "failed"
    assert current(lake) == champion
    assert titles_for(lake, 1, 5).titles


def _the_schedule_is_made_called_and_removed_by_destroy(
    filled: Filled, _: pytest.MonkeyPatch
) -> None:
    made = filled("schedule", "--every", "1d")
    assert made["expression"] == "rate(1 day)"
    answer = filled.lake.client("lambda").invoke(
        FunctionName=filled.lake.settings.retrainer, Payload=json.dumps({"begin": True})
    )
    assert "FunctionError" not in answer
    found = json.loads(answer["Payload"].read())
    assert found["step"] in ("monitor", "done")
    planned = filled("destroy", "--dry-run")
    listed = [text for step in planned["steps"] for text in step["deleted"]]
    assert "rule movielens-retrain" in listed
    assert "model package group movielens-recommenders" in listed
    destroyed = filled("destroy")
    assert destroyed["leftovers"] == []
    assert "model package group movielens-recommenders" in destroyed["deleted"]
    assert filled.lake.client("events").list_rules()["Rules"] == []


def _jobs(lake: Lake) -> set[str]:
    found = lake.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    return {job["TrainingJobName"] for job in found}
