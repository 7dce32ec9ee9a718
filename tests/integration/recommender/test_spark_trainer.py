"""Spark's fit against the in-process one on generated ratings: quality, artifact, fold-in."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.generation import Size, generate_folder
from recommender import artifact
from recommender.artifact import FILES, MANIFEST, Artifact
from recommender.channel import read_channel
from recommender.confidence import confidence_matrix
from recommender.evaluation import measure
from tests.unit.recommender.cases import MODELS

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.large]

SETTINGS = ("--factors", "96", "--iterations", "5", "--threads", "2", "--seed", "3")
RATINGS = 100_000
"""With half of it, or with vectors much shorter, no trainer is better than popularity."""


@dataclass(frozen=True)
class Job:
    """A training job that has ended.

    Attributes:
        folder: its model folder
        log: what it printed
        report: its metrics.json
    """

    folder: Path
    log: str
    report: dict[str, Any]

    @property
    def model(self) -> Artifact:
        return artifact.load(self.folder)


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated ratings with the long tail of MovieLens, as a training channel."""
    tmp = tmp_path_factory.mktemp("generated")
    generate_folder(tmp / "data", Size.of(RATINGS), 7, lambda *_: None)
    for name, file in {"rating": "ratings.csv", "movies": "movies.csv"}.items():
        (tmp / "channel" / name).mkdir(parents=True)
        (tmp / "channel" / name / "part-00000.csv").symlink_to(tmp / "data" / file)
    return tmp / "channel"


@pytest.fixture(scope="module")
def jobs(channel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """The same job by each trainer."""
    found = {}
    for trainer in ("local", "spark"):
        work = tmp_path_factory.mktemp(trainer)
        environment = {
            **os.environ,
            "SM_CHANNEL_TRAIN": str(channel),
            "SM_MODEL_DIR": str(work / "model"),
            "SM_OUTPUT_DATA_DIR": str(work / "output"),
            "SPARK_DRIVER_MEMORY": "1g",
        }
        done = subprocess.run(
            [sys.executable, "train.py", "--trainer", trainer, *SETTINGS],
            check=False,
            cwd=MODELS,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        report = json.loads((work / "output" / "metrics.json").read_text(encoding="utf-8"))
        found[trainer] = Job(work / "model", done.stdout, report)
    return found


def test_both_are_as_good_within_noise_and_better_than_popularity(jobs: dict[str, Job]) -> None:
    """Their intervals over the same users overlap."""
    intervals = {name: job.report["intervals"] for name, job in jobs.items()}
    for found in intervals.values():
        assert found["ndcg_at_10_over_popularity"][0] > 0
    (low, high), (other_low, other_high) = (
        intervals[name]["ndcg_at_10"] for name in ("local", "spark")
    )
    assert low <= other_high, intervals
    assert other_low <= high, intervals


def test_the_artifacts_differ_in_numbers_alone(jobs: dict[str, Job]) -> None:
    local, spark = (json.loads((job.folder / MANIFEST).read_text()) for job in jobs.values())
    assert set(local) == set(spark)
    assert {k: v for k, v in local["hyperparameters"].items() if k != "trainer"} == {
        k: v for k, v in spark["hyperparameters"].items() if k != "trainer"
    }
    assert local["weighting"] == spark["weighting"]
    assert local["counts"] == spark["counts"]
    for job in jobs.values():
        assert {f.name for f in job.folder.iterdir()} == {MANIFEST, *FILES, "code"}
    one, other = (job.model.model.arrays() for job in jobs.values())
    assert {n: (a.shape, a.dtype) for n, a in one.items()} == {
        n: (a.shape, a.dtype) for n, a in other.items()
    }


def test_somebody_folded_in_with_their_history_is_a_known_user(
    channel: Path, jobs: dict[str, Job]
) -> None:
    model = jobs["spark"].model
    ratings = read_channel(channel).ratings
    confidence = confidence_matrix(ratings, model.weighting)
    users = np.arange(40)
    folded = model.model.fold_in(confidence[users])
    assert np.allclose(folded, model.model.scores(users), atol=2e-3)


def test_the_log_names_trainer_and_reason(jobs: dict[str, Job]) -> None:
    for name, job in jobs.items():
        assert f"trainer {name}: as asked\n" in job.log


def test_the_same_hosting_code_answers(channel: Path, jobs: dict[str, Job]) -> None:
    code = (
        "import sys, inference\n"
        "model = inference.model_fn(sys.argv[1])\n"
        'asked = inference.input_fn(\'{"instances":[{"user_id":%s}]}\' % sys.argv[2])\n'
        "print(inference.output_fn(inference.predict_fn(asked, model)))\n"
        "assert 'pyspark' not in sys.modules\n"
    )
    with (channel / "rating" / "part-00000.csv").open(encoding="utf-8") as file:
        user = next(csv.DictReader(file))["userId"]
    for job in jobs.values():
        done = subprocess.run(
            [sys.executable, "-c", code, str(job.folder), user],
            cwd=job.folder / "code",
            capture_output=True,
            text=True,
            check=True,
        )
        (prediction,) = json.loads(done.stdout)["predictions"]
        assert len(prediction["recommendations"]) == 10


def test_measuring_takes_the_model_that_was_saved(channel: Path, jobs: dict[str, Job]) -> None:
    model = jobs["spark"].model
    ratings = read_channel(channel).ratings
    found = measure(model.model, confidence_matrix(ratings, model.weighting), ratings, 10)
    assert found.result()["ndcg_at_10"] == 0  # nothing that was seen is listed
