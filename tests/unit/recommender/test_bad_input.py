"""Data that says little or nothing, through `train.py` and `inference.py`.

Each gets an error that names it, or a fallback that is stated.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import inference
import train
from recommender.errors import ArtifactError
from recommender.factory import MODELS
from tests.unit.recommender.cases import Row, checkerboard_rows, write_channel

SMALL = ["--factors", "4", "--iterations", "3", "--threads", "1", "--ease_penalty", "5"]
HEADER = ("userid", "movieid", "rating", "timestamp")

Job = Callable[..., tuple[int, str]]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Job:
    """Train on rows; returns exit status, and log and reason together."""
    channel, output = tmp_path / "channel", tmp_path / "output"
    output.mkdir()
    for variable, folder in {
        "SM_CHANNEL_TRAIN": channel,
        "SM_MODEL_DIR": tmp_path / "model",
        "SM_OUTPUT_DATA_DIR": output / "data",
        "SM_OUTPUT_DIR": output,
    }.items():
        monkeypatch.setenv(variable, str(folder))

    def run(rows: list[Row], *arguments: str, header: tuple[str, ...] = HEADER) -> tuple[int, str]:
        shutil.rmtree(channel, ignore_errors=True)
        write_channel(channel, rows, {row[1]: f"Movie {row[1]}" for row in rows} or {1: "One"})
        with (channel / "rating" / "part-00000.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        status = train.main([*SMALL, *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        failure = output / "failure"
        return status, said.out + (failure.read_text() if failure.exists() else "")

    return run


def answered(folder: Path, user: int, k: int = 3) -> dict[str, object]:
    model = inference.model_fn(folder)
    body = json.dumps({"instances": [{"user_id": user, "k": k}]})
    (prediction,) = inference.predict_fn(inference.input_fn(body), model)
    return prediction


REFUSED: dict[str, tuple[list[Row], str]] = {
    "empty data": ([], "no rows in"),
    "one rating": ([(1, 2, 4.0, 3)], "cannot be split by newest_per_user"),
    "one item": ([(user, 7, 4.0, user) for user in range(1, 30)], "cannot be split"),
    "NaN stars": ([(1, 2, float("nan"), 3)], "rating='nan'; valid: 0.5 to 5.0 in half steps"),
    "infinite stars": ([(1, 2, float("inf"), 3)], "rating='inf'; valid: 0.5 to 5.0"),
    "negative id": (
        [(-1, 2, 4.0, 3)],
        "userid='-1'; valid: a whole number from 0 to 9007199254740991",
    ),
    "id beyond what JSON holds": (
        [(2**53 + 1, 2, 4.0, 3)],
        "userid='9007199254740993'; valid: a whole number from 0 to 9007199254740991",
    ),
    "time in nanoseconds": (
        [(1, 2, 4.0, 1_600_000_000_000_000_000)],
        "timestamp='1600000000000000000'; valid: a whole number from 0 to 9007199254740991",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_data_that_cannot_be_learnt_from_is_named(job: Job, tmp_path: Path, name: str) -> None:
    rows, named = REFUSED[name]
    status, said = job(rows)
    assert (status, named in said) == (1, True), said
    assert not (tmp_path / "model" / "manifest.json").exists()


def test_a_matrix_instead_of_rows_is_named(job: Job) -> None:
    status, said = job([(1, 4, 0.5, 3)], header=("userid", "101", "102", "103"))
    assert status == 1
    assert "missing: movieid, rating" in said


@pytest.mark.parametrize("algorithm", MODELS)
def test_one_user_is_learnt_from_and_said(job: Job, tmp_path: Path, algorithm: str) -> None:
    rows: list[Row] = [(1, movie, 4.0 + movie % 2 / 2, movie) for movie in range(10)]
    status, said = job(rows, "--algorithm", algorithm)
    assert status == 0, said
    assert "data one user: intervals over users say nothing" in said
    prediction = answered(tmp_path / "model", 1)
    assert prediction["reason"] == "rated 10 movies"
    assert prediction["recommendations"] == []  # everything is rated
    assert len(answered(tmp_path / "model", 2)["recommendations"]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", [*MODELS, "auto"])
def test_equal_stars_and_equal_times_are_learnt_from_and_said(
    job: Job, tmp_path: Path, algorithm: str
) -> None:
    rows: list[Row] = [(user, movie, 3.0, 5) for user, movie, _, _ in checkerboard_rows(12)]
    status, said = job(rows, "--algorithm", algorithm)
    assert status == 0, said
    assert "data all ratings have the same stars" in said
    assert "data untimed: all ratings have the same time" in said
    assert answered(tmp_path / "model", 100)["recommendations"]


def test_too_few_rows_to_choose_by_leave_the_default_and_say_so(job: Job) -> None:
    """Rows can be held out once, for the metrics, but not again to validate on."""
    pairs = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1), (3, 2)]
    rows: list[Row] = [(user, movie, 4.0, 5) for user, movie in pairs]
    told = ["--algorithm", "auto", "--tune", "true", "--tune_trials", "2"]
    status, said = job(rows, *told, "--protocol", "stratified_item")
    assert status == 0, said
    assert "tuned kept=true (no validation rows inside the training rows: 5 ratings" in said
    assert "auto algorithm=als (no validation rows inside the training rows: 5 ratings" in said


def test_one_user_s_validation_row_is_no_reason_for_another_model(job: Job) -> None:
    pairs = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1), (3, 2)]
    rows: list[Row] = [(user, movie, 4.0, 5) for user, movie in pairs]
    status, said = job(rows, "--algorithm", "auto", "--protocol", "leave_last_one_out")
    assert status == 0, said
    assert "auto algorithm=als (no model beats it beyond noise)" in said


def test_equal_times_cannot_be_cut_in_time(job: Job) -> None:
    rows: list[Row] = [(user, movie, 3.0, 5) for user, movie, _, _ in checkerboard_rows(12)]
    status, said = job(rows, "--protocol", "global_time")
    assert status == 1
    assert "protocol=global_time needs times" in said
    assert "valid here: stratified_item" in said


@pytest.mark.parametrize("k", ["0", "-3", "1001", "x"])
def test_a_list_of_no_length_is_named(job: Job, k: str) -> None:
    status, said = job(checkerboard_rows(12), "--k", k)
    assert status == 1
    assert f"k={k}" in said or "k='x' is not a valid int" in said


def test_lists_longer_than_the_catalogue_are_measured_and_answered(
    job: Job, tmp_path: Path
) -> None:
    status, said = job(checkerboard_rows(12), "--k", "1000")
    assert status == 0, said
    assert "metric ndcg_at_1000=" in said
    assert len(answered(tmp_path / "model", 100, 10**6)["recommendations"]) == 7  # type: ignore[arg-type]


def test_somebody_without_history_gets_popular_movies(job: Job, tmp_path: Path) -> None:
    assert job(checkerboard_rows(12))[0] == 0
    prediction = answered(tmp_path / "model", 999)
    assert prediction["reason"] == "unknown user: popular movies"
    assert len(prediction["recommendations"]) == 3  # type: ignore[arg-type]


def test_an_altered_cut_or_older_model_is_not_served(job: Job, tmp_path: Path) -> None:
    assert job(checkerboard_rows(12))[0] == 0
    model = tmp_path / "model"
    for file in sorted(path for path in model.iterdir() if path.is_file()):
        whole = file.read_bytes()
        for content in (whole[: len(whole) // 2], b""):
            file.write_bytes(content)
            with pytest.raises(ArtifactError, match=file.name):
                inference.model_fn(model)
        file.write_bytes(whole)
    inference.model_fn(model)
    manifest = json.loads((model / "manifest.json").read_text())
    older = {
        key: manifest[key]
        for key in ("format", "hyperparameters", "weighting", "metrics", "counts", "files")
    }
    (model / "manifest.json").write_text(json.dumps({**older, "format_version": 2}))
    with pytest.raises(ArtifactError, match=r"version 2; this code reads .* version 3: train"):
        inference.model_fn(model)


def test_a_model_carries_what_is_known_of_it(job: Job, tmp_path: Path) -> None:
    assert job(checkerboard_rows(12), "--protocol", "stratified_item")[0] == 0
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    report = json.loads((tmp_path / "output" / "data" / "metrics.json").read_text())
    for name in ("metrics", "intervals", "protocol"):
        assert manifest[name] == report[name]
    assert manifest["protocol"]["name"] == "stratified_item"
    assert len(manifest["data"]["ratings_sha256"]) == 64
    assert {"python", "numpy", "implicit"} <= set(manifest["libraries"])
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text(encoding="utf-8")
    low, high = report["intervals"]["ndcg_at_10"]
    assert (
        f"| ndcg_at_10 | {report['metrics']['ndcg_at_10']:.4f} | {low:.4f} to {high:.4f} |" in card
    )
    assert manifest["data"]["ratings_sha256"] in card
