"""The SageMaker Python SDK 2, in an environment of its own, does its work on the emulator."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.foreign_python import interpreter

PINNED = ("sagemaker==2.257.7",)
"""The last line of version 2; its requirements do not go with our lock."""
OPT_OUT = """SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""

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
    folder = tmp_path_factory.mktemp("story")
    aws("s3").create_bucket(Bucket="sdk-story")
    (folder / "config.yaml").write_text(OPT_OUT)
    done = subprocess.run(
        [python, Path(__file__).with_name("sdk_story.py"), "sdk-story", folder],
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ENDPOINT_URL": emulator,
            "AWS_ACCESS_KEY_ID": "000000000000",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAGEMAKER_USER_CONFIG_OVERRIDE": str(folder / "config.yaml"),
            "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
        },
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return found


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
