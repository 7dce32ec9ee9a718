"""AWS's own notebook kernel for Glue (aws-glue-sessions) works with our interactive sessions."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.foreign_python import interpreter
from tests.support import unique

PINNED = ("aws-glue-sessions==1.0.9", "ipykernel==7.4.0", "nbclient==0.11.0", "nbformat==5.11.1")
"""With what they require 390 MB, most of which our lock lacks."""

SCRIPT = Path(__file__).with_name("run_notebook.py")
SETTINGS = "%idle_timeout 60\n%glue_version 5.0\n%worker_type G.1X\n%number_of_workers 2"
START = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
"""

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.large]


@pytest.fixture(scope="module")
def shown(emulator: str, aws: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each cell of a notebook has shown."""
    folder, bucket = tmp_path_factory.mktemp("notebook"), unique("notebook")
    python = interpreter(folder / "venv", *PINNED, timeout=600)
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="in/a.json", Body=b'{"n": 4, "t": "four"}\n')
    read = (
        "frame = glueContext.create_dynamic_frame.from_options('s3', "
        f"connection_options={{'paths': ['s3://{bucket}/in/']}}, format='json')\n"
        "frame.toDF().show()\nframe.count()"
    )
    cells = [SETTINGS, START, read, "1 / 0", "frame.count() + 1", "%list_sessions", "%stop_session"]
    (folder / "cells.json").write_text(json.dumps(cells))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": emulator,
        "glue_endpoint_url": emulator,
        "glue_role_arn": "arn:aws:iam::000000000000:role/glue",
        "request_origin": "GlueStudioNotebook",  # others ask the registry for a newer kernel
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    run = subprocess.run(
        [python, SCRIPT, folder], env=environment, cwd=folder, capture_output=True, text=True,
        timeout=550, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    found: list[str] = json.loads((folder / "shown.json").read_text())
    return found


def test_a_session_is_made_for_the_first_cell(shown: list[str]) -> None:
    assert "has been created" in shown[1], shown[1]
    assert "Idle Timeout: 60" in shown[1]


def test_cells_share_a_session_and_show_what_they_print(shown: list[str]) -> None:
    assert "|  4|four|" in shown[2]
    assert shown[2].strip().endswith("1")
    assert shown[4].strip() == "2"


def test_an_error_is_shown_and_ends_nothing(shown: list[str]) -> None:
    assert "ZeroDivisionError: division by zero" in shown[3]


def test_the_session_is_listed_and_stopped(shown: list[str]) -> None:
    assert "READY" in shown[5]
    assert "stopped" in shown[6].lower()
