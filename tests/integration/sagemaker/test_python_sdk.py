"""The SageMaker Python SDK 2, in an environment of its own, does its work on the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.foreign_python import interpreter
from tests.integration.sagemaker.sdk_run import told_by

PINNED = ("sagemaker==2.257.7",)
"""The last line of version 2; its requirements do not go with our lock."""

pytestmark = [pytest.mark.slow, pytest.mark.large]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the SDK, and with nothing of ours."""
    return interpreter(tmp_path_factory.mktemp("sdk") / "venv", *PINNED, timeout=300)


@pytest.fixture(scope="module")
def told(
    python: Path, emulator: str, aws: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What came of each step of the story."""
    aws("s3").create_bucket(Bucket="sdk-story")
    folder = tmp_path_factory.mktemp("story")
    return told_by(python, "sdk_story.py", "sdk-story", folder, emulator)


def test_an_estimators_transformer_joins_its_answers(told: dict[str, Any]) -> None:
    assert told["transformed"] == {"numbers.csv.out": "1,2\n2,4\n3,6\n"}


def test_a_tuner_finds_the_best_estimator(told: dict[str, Any]) -> None:
    tuned = told["tuned"]
    assert tuned["factor"].strip('"') == "3"
    assert tuned["kind"].strip('"') == "b"
    assert tuned["trials"] == 4


def test_processors_run_a_script(told: dict[str, Any]) -> None:
    assert told["processed"] == {"2/times.csv": "2\n4\n6\n", "3/times.csv": "3\n6\n9\n"}


def test_a_registered_model_is_deployed_once_it_is_approved(told: dict[str, Any]) -> None:
    registered = told["registered"]
    assert registered["arn"].endswith(":model-package/films/1")
    assert "PendingManualApproval" in registered["refused"]
    assert registered["status"] == "Approved"
    assert registered["answer"].split() == ["10", "12"]
