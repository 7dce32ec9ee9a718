"""The training contract: environment in, model files, metric lines and failure text out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import inference
import train
from recommender.metrics import OVERALL, PER_USER
from tests.unit.recommender.cases import MODELS, checkerboard_rows, write_channel

SIZE = 16
METRIC = re.compile(r"metric ([a-z0-9_]+)=([0-9.eE+-]+);")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders of a training job, named by SageMaker's variables."""
    titles = {1000 + movie: f"Movie {movie}" for movie in range(SIZE)}
    channel = write_channel(tmp_path / "channel", checkerboard_rows(SIZE), titles)
    (tmp_path / "output").mkdir()
    for variable, folder in {
        "SM_CHANNEL_TRAIN": channel,
        "SM_MODEL_DIR": tmp_path / "model",
        "SM_OUTPUT_DATA_DIR": tmp_path / "output" / "data",
        "SM_OUTPUT_DIR": tmp_path / "output",
    }.items():
        monkeypatch.setenv(variable, str(folder))
    return tmp_path


SMALL = ["--factors", "4", "--iterations", "5", "--threads", "1"]


def test_a_job_leaves_a_model_metrics_and_metric_lines(
    job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(SMALL) == 0
    log = capsys.readouterr().out
    metrics = {name: float(value) for name, value in METRIC.findall(log)}
    assert set(metrics) == {
        f"{who}{name}_at_10" for who in ("", "popularity_") for name in (*PER_USER, *OVERALL)
    }
    report = json.loads((job / "output" / "data" / "metrics.json").read_text())
    assert report["metrics"]["ndcg_at_10"] == pytest.approx(metrics["ndcg_at_10"], abs=1e-6)
    assert report["hyperparameters"]["factors"] == 4
    assert report["protocol"]["name"] == "newest_per_user"
    assert (
        report["protocol"]["leakage"]["shared"] == report["protocol"]["leakage"]["own_future"] == 0
    )
    low, high = report["intervals"]["ndcg_at_10"]
    assert low <= metrics["ndcg_at_10"] <= high
    assert {line.split()[1] for line in log.splitlines() if line.startswith("phase ")} == {
        "load_solver", "read", "fit_evaluation", "evaluate", "fit_final", "save",
    }  # fmt: skip
    model = inference.model_fn(str(job / "model"))
    (prediction,) = inference.predict_fn(
        inference.input_fn('{"instances":[{"user_id":100}]}'), model
    )
    assert prediction["reason"] == f"rated {SIZE // 2 - 1} movies"  # refitted on all the data
    assert not (job / "output" / "failure").exists()


def test_the_model_folder_serves_itself(job: Path) -> None:
    """As in an inference container: code/ on the path, and nothing else of this project."""
    assert train.main(SMALL) == 0
    code = job / "model" / "code"
    assert (code / "requirements.txt").read_bytes() == (MODELS / "requirements.txt").read_bytes()
    answer = """
import sys, inference
model = inference.model_fn(sys.argv[1])
queries = inference.input_fn('{"instances":[{"user_id":100}]}')
print(inference.__file__, inference.output_fn(inference.predict_fn(queries, model)))
"""
    done = subprocess.run(
        [sys.executable, "-c", answer, str(job / "model")],
        cwd=code,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(code))
    assert '"predictions"' in done.stdout
    assert not list(code.rglob("train.py"))


def test_the_same_job_gives_the_same_bytes(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert train.main(SMALL) == 0
    monkeypatch.setenv("SM_MODEL_DIR", str(job / "again"))
    assert train.main(SMALL) == 0
    first, second = (
        {
            file.relative_to(job / name): file.read_bytes()
            for file in (job / name).rglob("*")
            if file.is_file()
        }
        for name in ("model", "again")
    )
    assert first == second


def test_hyper_parameters_come_from_the_environment(
    job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SM_HP_ALGORITHM", "popularity")
    monkeypatch.setenv("SM_HP_K", "5")
    assert train.main([]) == 0
    report = json.loads((job / "output" / "data" / "metrics.json").read_text())
    assert report["metrics"]["ndcg_at_5"] == report["metrics"]["popularity_ndcg_at_5"]


def test_tuning_reports_its_trials(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main([*SMALL, "--tune", "true", "--tune_trials", "2"]) == 0
    log = capsys.readouterr().out
    assert log.count("tune trial=") == 4  # the settings given, the defaults, two draws
    assert "tuned kept=" in log


@pytest.mark.parametrize("algorithm", ["ease", "bm25", "blend", "auto"])
def test_every_algorithm_trains_and_serves(
    job: Path, algorithm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main([*SMALL, "--algorithm", algorithm]) == 0
    model = inference.model_fn(str(job / "model"))
    body = '{"instances":[{"user_id":100},{"movie_ids":[1000,1002]},{"user_id":7}]}'
    answers = inference.predict_fn(inference.input_fn(body), model)
    assert [answer["reason"] for answer in answers] == [
        f"rated {SIZE // 2 - 1} movies",
        "folded in from 2 movies given",
        "unknown user: popular movies",
    ]
    chosen = json.loads((job / "model" / "manifest.json").read_text())["hyperparameters"]
    if algorithm == "auto":
        assert f"auto algorithm={chosen['algorithm']} (" in capsys.readouterr().out
    else:
        assert chosen["algorithm"] == algorithm


def test_a_job_is_measured_under_the_protocol_it_is_told(
    job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main([*SMALL, "--protocol", "stratified-item"]) == 0
    report = json.loads((job / "output" / "data" / "metrics.json").read_text())
    assert report["protocol"]["name"] == "stratified_item"
    assert "split protocol=stratified_item" in capsys.readouterr().out


def test_data_without_times_is_said_to_have_none(
    job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = job / "channel" / "rating" / "part-00000.csv"
    rows = [line.rsplit(",", 1)[0] for line in part.read_text().splitlines()]
    part.write_text("\n".join(rows) + "\n")
    assert train.main([*SMALL, "--recency", "5"]) == 0
    assert "data untimed: no timestamp column" in capsys.readouterr().out
    assert json.loads((job / "model" / "manifest.json").read_text())["weighting"]["fading"] == 1.0


def test_bad_data_fails_with_the_reason_and_no_traceback(
    job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (job / "channel" / "rating" / "part-00000.csv").write_text(
        "userid,movieid,rating,timestamp\n1,2,six,4\n"
    )
    assert train.main(SMALL) == 1
    reason = (job / "output" / "failure").read_text()
    assert "rating='six'" in reason
    assert "Traceback" not in capsys.readouterr().err
    assert not (job / "model").exists()


def test_a_fault_of_ours_keeps_its_traceback_in_the_log(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(train, "save", fail)
    assert train.main(SMALL) == 1
    assert "No space left on device" in (job / "output" / "failure").read_text()
    assert "Traceback" in capsys.readouterr().err


def test_a_missing_variable_is_named(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SM_CHANNEL_TRAIN")
    assert train.main([]) == 1
    assert "SM_CHANNEL_TRAIN is not set" in capsys.readouterr().err


def test_the_script_runs_as_sagemaker_runs_it(job: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(MODELS / "train.py"), *SMALL],
        cwd=job,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "metric ndcg_at_10=" in done.stdout
    assert "OpenBLAS" not in done.stderr
    failed = subprocess.run(
        [sys.executable, str(MODELS / "train.py"), "--depth", "3"],
        cwd=job,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert failed.returncode == 1
    assert "--depth" in (job / "output" / "failure").read_text()
