"""Modules that a job brings or names: installed for it alone, before its script runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestack import paths
from lakestack.services.glue.shipped import modules as shipped_modules
from tests.integration.glue.jobs import Jobs
from tests.support import unique
from tests.wheels import wheel


@pytest.fixture(autouse=True, scope="module")
def cache_as_before() -> Iterator[None]:
    """The emulator's cache is the user's: what these tests put there goes again."""
    folder = paths.cache() / "glue-modules"
    before = set(folder.glob("*"))
    yield
    for made in set(folder.glob("*")) - before:
        if made.is_dir():
            shutil.rmtree(made)
        else:
            made.unlink()


def brought(jobs: Jobs, file: Path) -> str:
    """Put a wheel into the bucket; return its URL."""
    jobs.s3.put_object(Bucket=jobs.bucket, Key=f"lib/{file.name}", Body=file.read_bytes())
    return f"s3://{jobs.bucket}/lib/{file.name}"


@pytest.mark.parametrize(
    "command", ["pythonshell", pytest.param("glueetl", marks=pytest.mark.spark)]
)
def test_a_wheel_in_s3_is_installed(jobs: Jobs, tmp_path: Path, command: str) -> None:
    name = unique("module").replace("-", "_")
    code = "import numpy\n\ndef word(x):\n    return f'word {x}'\n"
    url = brought(jobs, wheel(tmp_path, name, "1.0", code, "numpy"))
    use = f"print({name}.word(1))"
    if command == "glueetl":  # in the workers too
        use = (
            "from pyspark.context import SparkContext; "
            f"print(SparkContext.getOrCreate().parallelize([1]).map({name}.word).collect()[0])"
        )
    arguments = {"--additional-python-modules": f"numpy,{url}"}
    job = jobs.create(f"import {name}\n{use}", command, DefaultArguments=arguments)

    first = jobs.wait(job, jobs.start(job), "SUCCEEDED")
    second = jobs.wait(job, jobs.start(job), "SUCCEEDED")

    for run in (first, second):
        assert "word 1" in jobs.log(run["Id"])
    assert f"installing numpy, {name}-1.0-py3-none-any.whl" in jobs.log(first["Id"], "error")
    assert "remove it to install newer ones" in jobs.log(second["Id"], "error")


def test_another_job_does_not_see_them(jobs: Jobs, tmp_path: Path) -> None:
    name = unique("module").replace("-", "_")
    url = brought(jobs, wheel(tmp_path, name, "1.0", ""))
    run = jobs.run(f"import {name}", DefaultArguments={"--additional-python-modules": url})
    assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]

    other = jobs.run(f"import {name}")

    assert other["JobRunState"] == "FAILED"
    assert f"No module named '{name}'" in other["ErrorMessage"]


def test_pip_s_reason_is_in_the_error_log(jobs: Jobs) -> None:
    run = jobs.run("pass", DefaultArguments={"--additional-python-modules": "no-such-module-here"})
    assert run["JobRunState"] == "FAILED"
    assert "LAKE_OFFLINE forbids downloads" in run["ErrorMessage"]
    assert "no-such-module-here" in jobs.log(run["Id"], "error")


def test_packages_that_aws_glue_brings_are_there_without_being_asked_for(jobs: Jobs) -> None:
    if shipped_modules.folder(["pymysql", "s3fs"], print, dict(os.environ)) is None:
        pytest.skip("no network to fetch PyMySQL and s3fs by")
    script = """
        import sys
        import pymysql.cursors
        import s3fs
        from awsglue.utils import getResolvedOptions
        path = getResolvedOptions(sys.argv, ["bucket"])["bucket"] + "/by-s3fs"
        files = s3fs.S3FileSystem()
        with files.open(path, "wb") as file:
            file.write(b"hello")
        print("PyMySQL", pymysql.VERSION[0], files.cat(path))
        """
    job = jobs.create(script, DefaultArguments={"--bucket": jobs.bucket})
    run = jobs.wait(job, jobs.start(job), "SUCCEEDED")
    assert "PyMySQL 1 b'hello'" in jobs.log(run["Id"])
