"""dbt-athena, from an environment that has nothing of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import athena_engine, foreign_python
from tests.support import REGION

pytestmark = [pytest.mark.slow, pytest.mark.large]

PINNED = ("dbt-athena==1.10.2", "dbt-core==1.10.23", "dbt-adapters==1.16.7")
CONFTEST = """
import os
import pytest

pytest_plugins = ["dbt.tests.fixtures.project"]


@pytest.fixture(scope="class")
def dbt_profile_target(unique_schema):
    bucket = "BUCKET"
    return {
        "type": "athena",
        "s3_staging_dir": f"s3://{bucket}/staging/",
        "s3_data_dir": f"s3://{bucket}/tables/",
        "region_name": os.environ["AWS_DEFAULT_REGION"],
        "database": "awsdatacatalog",
        "schema": unique_schema,
        "threads": 2,
        "poll_interval": 0.2,
        "num_retries": 0,
    }
"""


@pytest.mark.usefixtures("bucket")
def test_its_basic_tests_pass(emulator: str, name: str, tmp_path: Path) -> None:
    if reason := athena_engine.lacking():
        pytest.skip(reason)
    python = foreign_python.interpreter(
        tmp_path / "dbt", *PINNED, "dbt-tests-adapter==1.20.0", "pytest", timeout=600
    )
    folder = tmp_path / "basic"
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST.replace("BUCKET", name))
    shutil.copy(Path(__file__).with_name("dbt_basic.py"), folder / "test_basic.py")
    ran = subprocess.run(
        [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", folder],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(tmp_path),
            "AWS_ENDPOINT_URL": emulator,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    assert "7 passed" in ran.stdout
