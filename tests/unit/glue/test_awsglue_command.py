"""The command that starts a Glue script: what it sets, and what it keeps out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lakestack.java import artifacts
from lakestack.services.glue.spark import class_path
from lakestack.services.glue.spark.command import spark_command

pytestmark = pytest.mark.skipif(bool(artifacts.missing()), reason="Java artefacts: make setup")


def settings(workdir: Path) -> dict[str, str]:
    lines = (workdir / "spark.conf").read_text().splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def test_the_script_and_its_arguments_come_last(tmp_path: Path) -> None:
    command, _ = spark_command(tmp_path / "s.py", ["--a", "x y"], workdir=tmp_path)
    assert command[-3:] == [str(tmp_path / "s.py"), "--a", "x y"]
    assert "org.apache.spark.deploy.SparkSubmit" in command


def test_addresses_and_keys_come_from_the_jobs_environment(tmp_path: Path) -> None:
    spark_command(tmp_path / "s.py", [], workdir=tmp_path)
    found = settings(tmp_path)
    assert found["spark.hadoop.fs.s3a.endpoint"] == "${env.AWS_ENDPOINT_URL}"
    provider = found["spark.hadoop.fs.s3a.aws.credentials.provider"]
    assert provider == "com.amazonaws.auth.EnvironmentVariableCredentialsProvider"
    assert not [value for value in found.values() if "4566" in value]


def test_everything_a_run_writes_is_in_its_folder(tmp_path: Path) -> None:
    command, environment = spark_command(tmp_path / "s.py", [], workdir=tmp_path)
    assert f"-Djava.io.tmpdir={tmp_path / 'tmp'}" in command
    assert environment["SPARK_LOCAL_DIRS"] == str(tmp_path / "tmp")
    assert environment["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert settings(tmp_path)["spark.sql.warehouse.dir"].startswith(tmp_path.as_uri())


def test_only_packages_of_aws_are_added_to_the_python_path(tmp_path: Path) -> None:
    _, environment = spark_command(tmp_path / "s.py", [], workdir=tmp_path)
    added, driver = map(Path, environment["PYTHONPATH"].split(os.pathsep))
    names = {p.name for p in added.iterdir()}
    assert names == {"awsglue", "awsgluedq", "awsglueml", "awsgluestudio", "recipe_transforms"}
    # Python itself imports this one, before the script.
    names = {p.name for p in driver.iterdir()} - {"__pycache__", "__init__.py"}
    assert names == {"sitecustomize.py"}
    assert "LAKE_DATA_CATALOG" not in environment
    _, environment = spark_command(
        tmp_path / "s.py", [], workdir=tmp_path / "other", data_catalog=True
    )
    assert environment["LAKE_DATA_CATALOG"] == "1"


@pytest.mark.parametrize("workers", [1, 2, 10_000, None])
def test_threads_never_exceed_the_machines_cpus(tmp_path: Path, workers: int | None) -> None:
    command, _ = spark_command(tmp_path / "s.py", [], workdir=tmp_path, worker_count=workers)
    threads = int(command[command.index("--master") + 1].removeprefix("local[").rstrip("]"))
    assert threads == min(os.cpu_count() or 1, (workers or 10_000) * 4)


def test_the_users_jvm_flags_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_SPARK_JVM_FLAGS", "-Xmx4g -XX:TieredStopAtLevel=4")
    command, _ = spark_command(tmp_path / "s.py", [], workdir=tmp_path)
    assert command.index("-Xmx4g") > command.index("-Xmx1536m")


def test_outside_the_emulator_no_dynamodb_engine_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another test may have imported what only the emulator does.
    monkeypatch.delitem(sys.modules, "lakestack.services.dynamodb.provider", raising=False)
    _, environment = spark_command(
        tmp_path / "s.py", [], workdir=tmp_path, account="000000000000", region="us-east-1"
    )
    assert not [name for name in environment if name.startswith("LAKE_")]


def test_a_script_that_spark_would_not_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"script\.txt.*\.py"):
        spark_command(tmp_path / "script.txt", [], workdir=tmp_path)


def test_no_library_is_on_the_class_path_twice() -> None:
    jars = class_path.class_path([Path("/x/jackson-core-2.12.6.jar"), Path("/x/new-lib-1.0.jar")])
    assert Path("/x/new-lib-1.0.jar") in jars
    assert Path("/x/jackson-core-2.12.6.jar") not in jars
