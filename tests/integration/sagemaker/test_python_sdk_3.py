"""The SageMaker Python SDK 3, in an environment of its own, does its work on the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.foreign_python import interpreter
from tests.integration.sagemaker.sdk_run import told_by

PINNED = ("sagemaker==3.27.0",)
"""With what it requires (mlflow and others) 730 MB, none of which our lock has."""

pytestmark = [pytest.mark.slow, pytest.mark.large]


@pytest.fixture(scope="module")
def told(emulator: str, aws: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each step of the story."""
    python: Path = interpreter(tmp_path_factory.mktemp("sdk") / "venv", *PINNED, timeout=600)
    aws("s3").create_bucket(Bucket="sdk3-story")
    return told_by(
        python, "sdk3_story.py", "sdk3-story", tmp_path_factory.mktemp("story"), emulator
    )


def test_a_model_trainer_trains(told: dict[str, Any]) -> None:
    assert told["trained"]["status"] == "Completed"
    assert told["trained"]["archive"].endswith("/output/model.tar.gz")


def test_a_script_processor_runs_a_script(told: dict[str, Any]) -> None:
    assert told["processed"] == {"times.csv": "2\n4\n6\n"}


def test_a_transformer_joins_its_answers(told: dict[str, Any]) -> None:
    assert told["transformed"] == {"numbers.csv.out": "1,2\n2,4\n3,6\n"}


def test_a_model_builder_deploys_and_registers(told: dict[str, Any]) -> None:
    assert told["served"] == {"answer": "2\n4", "versions": [[1, "Approved"]]}


def test_a_tuner_of_a_model_trainer_finds_the_best_job(told: dict[str, Any]) -> None:
    assert told["tuned"] == {"factor": "3", "kind": "b", "trials": 4}
