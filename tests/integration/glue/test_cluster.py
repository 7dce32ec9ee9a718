"""Glue jobs on a Spark cluster: a killed executor, shipped files, a cluster that ends."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from lakestack import marks
from lakestack.cluster.process import Cluster, Size
from lakestack.errors import ClusterError
from lakestack.spark_master import Master
from tests import support
from tests.integration.glue.clustered import (
    IN_SQL,
    SCRIPT,
    Aws,
    Job,
    Ratings,
    executors,
    lake,
    put_ratings,
    written,
)
from tests.support import unique, wait_until

pytestmark = [pytest.mark.spark, pytest.mark.large]
ROWS = 200_000
SIZE = Size(workers=2, cores=1, memory=768)

SHIPPED = """
import json, os, sys
from awsglue.context import GlueContext
from pyspark.context import SparkContext
import in_wheel, in_zip, single

def found(_):
    import socket
    import awsglue.utils, in_wheel, in_zip, single
    outside = None
    try:
        socket.create_connection(("192.0.2.1", 9), 5)
    except OSError as e:
        outside = type(e).__name__
    return {
        "outside": outside,
        "modules": [single.VALUE, in_zip.VALUE, in_wheel.VALUE],
        "awsglue": awsglue.utils.__file__.endswith("awsglue.zip/awsglue/utils.py"),
        "settings": open("settings.txt").read(),
        "jar": os.path.exists("own.jar"),
        "home": os.environ["HOME"],
        "marks": sorted(n for n in os.environ if n in ("LAKE_EMULATOR", "LAKE_PROCESS")),
    }

context = SparkContext.getOrCreate()
loader = context._jvm.java.lang.Thread.currentThread().getContextClassLoader()
print("FOUND" + json.dumps({
    "executors": context.parallelize(range(4), 4).map(found).collect(),
    "driver": [single.VALUE, open("settings.txt").read()],
    "resource": loader.getResource("inside.txt") is not None,
}))
"""

ENDLESS = """
from pyspark.context import SparkContext

def wait(_):
    import threading
    threading.Event().wait()

SparkContext.getOrCreate().parallelize(range(2), 2).foreach(wait)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster home")  # with a space, as on many a Mac


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[tuple[Cluster, Aws]]:
    with lake(home, SIZE) as (cluster, url):
        yield cluster, support.clients(url)


def packed(name: str, text: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, text)
    return body.getvalue()


@dataclass(frozen=True)
class Ran:
    """A run of which an executor was killed, and what it should have written."""

    job: Job
    run: str
    expected: Ratings
    killed: int


@pytest.fixture(scope="module")
def ran(running: tuple[Cluster, Aws]) -> Ran:
    """A run with all that a job may bring."""
    cluster, aws = running
    names = {
        "single.py": b"VALUE = 'py'",
        "archive.zip": packed("in_zip.py", "VALUE = 'zip'"),
        "wheel-1.0-py3-none-any.whl": packed("in_wheel.py", "VALUE = 'wheel'"),
        "settings.txt": b"of a file",
        "own.jar": packed("inside.txt", "of a jar"),
    }
    place = unique("shipped")
    aws("s3").create_bucket(Bucket=place)
    for name, body in names.items():
        aws("s3").put_object(Bucket=place, Key=name, Body=body)
    single, archive, wheel, settings, jar = (f"s3://{place}/{name}" for name in names)
    job = Job(
        aws,
        SHIPPED + SCRIPT,
        held=4,
        **{
            "--extra-py-files": f"{single},{archive},{wheel}",
            "--extra-files": settings,
            "--extra-jars": jar,
        },
    )
    expected = put_ratings(aws, job.bucket, ROWS)
    run = job.start()
    killed = job.kill_an_executor(cluster, run)
    aws("s3").put_object(Bucket=job.bucket, Key="go")
    job.succeeded(run)
    return Ran(job, run, expected, killed)


def test_a_killed_executor_loses_and_doubles_nothing(
    running: tuple[Cluster, Aws], ran: Ran
) -> None:
    cluster, aws = running
    assert written(aws, ran.job.bucket) == ran.expected
    assert f"from DynamoDB 671 {ROWS}" in ran.job.log(ran.run)
    log = ran.job.log(ran.run, "error")
    assert f"Lost executor {ran.killed}" in log, "it was killed too late to matter"
    assert "NumberOfWorkers 3 of G.1X: one for the driver, 2 as executors of 4 cores" in log
    assert "cores of each 4 → 1, MiB of each 10240 → 768" in log
    assert aws("s3").list_multipart_uploads(Bucket=ran.job.bucket).get("Uploads", []) == []
    wait_until(lambda: not executors(cluster), what="the end of its executors")


def test_what_a_job_brings_is_on_the_executors(running: tuple[Cluster, Aws], ran: Ran) -> None:
    cluster, _ = running
    line = ran.job.log(ran.run).partition("FOUND")[2].splitlines()[0]
    found = json.loads(line)
    assert found["driver"] == ["py", "of a file"]
    assert found["resource"]
    for each in found["executors"]:
        assert each == {
            "modules": ["py", "zip", "wheel"],
            "awsglue": True,
            "settings": "of a file",
            "jar": True,
            "home": str(cluster.folder),
            "marks": [],
            "outside": "PermissionError",
        }


def test_everything_listens_on_loopback_and_no_submission_server_is_there(
    running: tuple[Cluster, Aws],
) -> None:
    cluster, _ = running
    record = cluster.find()
    assert record is not None
    listening: dict[int, set[tuple[str, int]]] = {}
    for process in psutil.Process(record.pid).children(recursive=True):
        for connection in process.net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                address = connection.laddr.ip.removeprefix("::ffff:"), connection.laddr.port
                listening.setdefault(process.pid, set()).add(address)
    assert {ip for found in listening.values() for ip, _ in found} == {"127.0.0.1"}
    of_master = {("127.0.0.1", record.port), ("127.0.0.1", record.web_port)}
    assert of_master in listening.values(), "the protocol and the web page, no REST server"


def test_who_has_not_the_secret_is_refused_at_once(running: tuple[Cluster, Aws]) -> None:
    cluster, aws = running
    secret = cluster.master.secret_file
    kept = secret.read_text()
    job = Job(aws, ENDLESS)
    secret.write_text("0" * 64)
    try:
        run = job.start()
        ended = job.ended(run)
    finally:
        secret.write_text(kept)
    assert ended["JobRunState"] == "FAILED"
    assert f"{cluster.master.url} (SPARK_MASTER) answers, and refuses" in ended["ErrorMessage"]
    assert not executors(cluster)


def test_a_stopped_run_leaves_no_executor(running: tuple[Cluster, Aws]) -> None:
    cluster, aws = running
    job = Job(aws, ENDLESS)
    run = job.start()
    wait_until(lambda: len(executors(cluster)) == 2, 120, what="its executors")
    aws("glue").batch_stop_job_run(JobName=job.name, JobRunIds=[run])
    assert job.ended(run)["JobRunState"] == "STOPPED"
    assert not executors(cluster), "they end before the run does"


def test_a_cluster_that_ends_fails_its_runs_and_the_next_ones_at_once(
    running: tuple[Cluster, Aws],
) -> None:
    cluster, aws = running
    job = Job(aws, ENDLESS)
    run = job.start()
    wait_until(lambda: executors(cluster), 120, what="its executor")
    cluster.stop()
    try:
        ended = job.ended(run)
        assert ended["JobRunState"] == "FAILED"
        assert f"{cluster.master.url} (SPARK_MASTER) has ended" in ended["ErrorMessage"]
        later = job.ended(job.start())
        assert later["JobRunState"] == "FAILED"
        assert later["ErrorMessage"].startswith(
            f"Spark's master {cluster.master.url} (SPARK_MASTER) does not answer: "
        )
        assert f"cluster start --port {cluster.port}; or run jobs in" in later["ErrorMessage"]
    finally:  # under the same emulator, with another secret and web page
        cluster.start(SIZE, 240, owned=True)


def test_it_ends_with_its_owner(tmp_path: Path) -> None:
    port = support.free_port()
    program = f"""
        from pathlib import Path
        from lakestack.cluster.process import Cluster, Size
        print(Cluster({port}, Path({str(tmp_path)!r})).start(Size(1, 1, 512), owned=True)[0].pid)
        input()
    """
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    cluster = Cluster(port, tmp_path)
    try:
        assert owner.stdout is not None
        assert int(owner.stdout.readline()) == getattr(cluster.find(), "pid", None)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        gone = lambda: not list(marks.marked(marks.EMULATOR, str(cluster.folder)))  # noqa: E731
        wait_until(gone, 60, what="the end of master and worker")
    finally:
        owner.kill()
        owner.communicate()
        cluster.stop()


def test_its_commands(tmp_path: Path) -> None:
    port = support.free_port()
    cluster = Cluster(port, tmp_path)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        command = [str(Path(sys.executable).with_name("lake")), "cluster", *words]
        done = subprocess.run(
            [*command, "--port", str(port), "--json"],
            env={**os.environ, "LAKE_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)

    try:
        code, absent = run("status")
        assert (code, absent["running"]) == (1, False)
        assert f"cluster start --port {port}" in absent["error"]["hint"]
        size = ("--workers", "1", "--memory", "512m")
        code, first = run("start", *size)
        assert (code, first["started"], first["memory"]) == (0, True, 512)
        assert run("start", *size) == (0, {**first, "started": False})
        assert run("status")[1]["alive"] == 1

        (worker,) = [p for p in marks.marked(marks.EMULATOR, str(cluster.folder)) if is_worker(p)]
        worker.kill()
        wait_until(lambda: cluster.log.read_text().count("Registering worker") == 2, 120)

        psutil.Process(first["pid"]).kill()
        gone = lambda: not list(marks.marked(marks.EMULATOR, str(cluster.folder)))  # noqa: E731
        wait_until(gone, 60, what="the end of master and worker with their keeper")
        assert run("status")[0] == 1
        code, second = run("start", *size)
        assert (code, second["started"]) == (0, True)
        assert run("stop") == (
            0,
            {"running": False, "url": first["url"], "port": port, "stopped": True},
        )
        assert gone()
        assert not cluster.master.secret_file.exists()
    finally:
        cluster.stop()


def is_worker(process: psutil.Process) -> bool:
    line = process.cmdline()
    return "org.apache.spark.deploy.worker.Worker" in line and "--control" not in line


def test_master_and_workers_of_containers_find_each_other(tmp_path: Path) -> None:
    """As containers run them: a program each, with LAKE_HOME and the network in common."""
    port, web_port = support.free_port(), support.free_port()
    cluster = Cluster(port, tmp_path)
    program = str(Path(sys.executable).with_name("lakestack"))
    commands = [
        ("worker", "--cores", "1", "--memory", "512m"),
        ("worker", "--cores", "2", "--memory", "600m"),
        ("master", "--web-port", str(web_port)),
    ]
    started = [
        subprocess.Popen(
            [program, "cluster", *command, "--port", str(port)],
            env={**os.environ, "LAKE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        master = Master("127.0.0.1", port, cluster.master.secret_file, web_port)
        wait_until(lambda: _joined(master) == {(1, 512), (2, 600)}, 120, what="both workers")
        assert master.secret()
        for process in started:
            process.terminate()
        assert [process.wait(60) for process in started] == [0, 0, 0]
        assert not list(tmp_path.glob("lake-*")), "folders with the secret"
    finally:
        for process in started:
            process.kill()
            process.wait()


def _joined(master: Master) -> set[tuple[int, int]]:
    with contextlib.suppress(ClusterError):
        return {(worker.cores, worker.memory) for worker in master.workers() or ()}
    return set()


def test_spark_sql_on_the_data_catalog(running: tuple[Cluster, Aws]) -> None:
    _, aws = running
    database = unique("sql").replace("-", "_")
    arguments = {"--enable-glue-datacatalog": "true"}
    job = Job(aws, IN_SQL.format(database), 0, **arguments)
    expected = put_ratings(aws, job.bucket, 20_000)
    columns = [{"Name": name, "Type": "int"} for name in ("user", "film", "halves")]
    serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    aws("glue").create_database(DatabaseInput={"Name": database})
    aws("glue").create_table(
        DatabaseName=database,
        TableInput={
            "Name": "ratings",
            "Parameters": {"classification": "csv"},
            "StorageDescriptor": {
                "Columns": columns,
                "Location": f"s3://{job.bucket}/in/",
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": serde},
            },
        },
    )
    run = job.start()
    job.succeeded(run)
    (line,) = [x for x in job.log(run).splitlines() if x.startswith("FOUND")]
    found = {int(film): tuple(sums) for film, sums in json.loads(line[5:]).items()}
    assert found == expected.by_film
    assert "2 as executors" in job.log(run, "error")
