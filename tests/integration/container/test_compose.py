"""docs/docker.md as it is written: its commands run, among them the whole lake in a container."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestack import paths
from lakestack.testing import RunningLake
from tests.documents import commands
from tests.integration.container.conftest import engine_variables, run
from tests.page_shell import Shell
from tests.support import PROJECT, clients, free_port

PAGE = PROJECT / "docs" / "docker.md"
LAKE = str(PROJECT / ".venv" / "bin" / "lake")
ON_THE_CLUSTER = """
import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
context = spark.sparkContext
def executors():
    return context._jsc.sc().statusTracker().getExecutorInfos().__len__() - 1
end = time.monotonic() + 60
while executors() < 2 and time.monotonic() < end:
    context.parallelize(range(8), 8).count()
spark.range(1000).repartition(4).write.json("s3://counted/numbers/")
print("at", context.master, "with", executors(), "executors")
"""
FROM_ANOTHER = """
import boto3
s3 = boto3.client("s3", endpoint_url="http://emulator:PORT", region_name="us-east-1",
                  aws_access_key_id="test", aws_secret_access_key="test")
print(sorted(bucket["Name"] for bucket in s3.list_buckets()["Buckets"]))
"""


@pytest.fixture(scope="module")
def at() -> Iterator[dict[str, str]]:
    """Variables of a lake at a port of its own, which is gone with its volume afterwards."""
    port = free_port()
    variables = {"LAKE_PORT": str(port)}
    yield variables
    run("docker", "compose", "down", "--volumes", "--timeout", "5", code=None, at=variables)


@pytest.fixture(scope="module")
def shell(at: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell that sees the engine, and the lake at its port."""
    folder = tmp_path_factory.mktemp("page")
    cache = {"LAKE_CACHE": str(paths.cache())}
    return Shell(
        folder, {**engine_variables(), "LAKE_OFFLINE": "1", "COLUMNS": "120", **cache, **at}
    )


def test_the_pages_commands_run_and_the_whole_lake_verifies(
    at: dict[str, str], shell: Shell
) -> None:
    port, seconds = at["LAKE_PORT"], 600
    seen = 0
    for command in commands(PAGE):
        began = time.monotonic()
        ran = shell.run(command, seconds)
        print(f"{time.monotonic() - began:6.1f} s  {command.text}")
        assert not ran.complaint()
        seen += 1
        if command.text == "lake verify":
            look_at_the_whole_lake(port, at)
    assert seen > 15
    assert run("docker", "compose", "ps", "--quiet", at=at).stdout == ""


def look_at_the_whole_lake(port: str, at: dict[str, str]) -> None:
    said = run(LAKE, "verify", "--json", at=at).stdout  # both streams; the document is the last
    verified = json.loads(said[said.index("\n{") :])
    assert verified["ok"]
    hops = verified["reconciliation"]
    assert [hop["difference"] for hop in hops] == [0] * len(hops)
    assert max(hop["source"] for hop in hops) > 80_000
    # Neither doctor takes the container for a stranger on the port.
    for variables in (at, {**at, "LAKE_DOCKER": "1"}):
        doctor = run(LAKE, "doctor", code=None, at=variables).stdout
        assert f"ok      port: {port}: the emulator (container " in doctor
    network = f"lakestack-{port}_default"
    inside = ("docker", "run", "--rm", "--network", network, "--entrypoint", "python")
    program = FROM_ANOTHER.replace("PORT", port)
    assert "movielens-lake" in run(*inside, "lakestack:0.1.0", "-c", program).stdout


def test_a_glue_job_runs_on_the_cluster(at: dict[str, str], tmp_path: Path) -> None:
    variables = {**at, "SPARK_MASTER": "spark://127.0.0.1:7077"}
    run("docker", "compose", "--profile", "cluster", "up", "--detach", "--wait", at=variables)
    script = tmp_path / "count.py"
    script.write_text(ON_THE_CLUSTER, encoding="utf-8")
    with RunningLake(f"http://127.0.0.1:{at['LAKE_PORT']}") as lake:
        lake.client("s3").create_bucket(Bucket="counted")
        done = lake.run_job(script, NumberOfWorkers=3, WorkerType="G.1X")
        found = lake.client("s3").list_objects_v2(Bucket="counted", Prefix="numbers/_SUCCESS")
    assert "at spark://127.0.0.1:7077 with 2 executors" in done.output
    assert found["KeyCount"] == 1
    run("docker", "compose", "--profile", "cluster", "down", at=variables)


def test_lake_emulator_starts_it_itself(at: dict[str, str]) -> None:
    began = time.monotonic()
    run("docker", "compose", "up", "--detach", "--wait", "--no-build", at=at)
    print(f"healthy {time.monotonic() - began:.1f} s after `up`")
    variables = {**at, "LAKE_DOCKER": "1"}
    assert "emulator already running" in run(LAKE, "emulator", "start", at=variables).stdout
    run(LAKE, "emulator", "stop", at=variables)
    said = run(LAKE, "emulator", "start", at=variables).stdout
    url = f"http://127.0.0.1:{at['LAKE_PORT']}"
    assert said.startswith(f"emulator ready at {url} after ")
    clients(url)("s3").create_bucket(Bucket="mine")
    document = json.loads(run(LAKE, "emulator", "status", "--json", at=variables).stdout)
    assert document["answers"]
    assert "Ready." in run(LAKE, "emulator", "logs", at=variables).stdout
    taken = run(LAKE, "emulator", "start", code=1, at=at).stdout  # one on the host at the same port
    assert f"port {at['LAKE_PORT']} is taken by the emulator in container " in taken
    assert "make down DOCKER=1" in taken
    run(LAKE, "emulator", "stop", at=variables)
