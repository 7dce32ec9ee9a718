"""Spark's cluster: its settings, what is asked of it, and how a job's executors fit into it."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lakestack import spark_master
from lakestack.cluster.cli import _memory
from lakestack.errors import ClusterError, SettingError
from lakestack.host import checks
from lakestack.java import artifacts
from lakestack.services.glue.spark.cluster import (
    Executors,
    OnCluster,
    executors,
)
from lakestack.services.glue.spark.command import AWSGLUE, spark_command
from lakestack.services.glue.worker_types import WORKER_TYPES
from lakestack.spark_master import Master, Worker
from tests.support import PROJECT, free_port

URL = "spark://127.0.0.1:7077"


def test_without_the_setting_there_is_no_cluster() -> None:
    assert spark_master.from_environment({}) is None
    assert spark_master.from_environment({"SPARK_MASTER": " "}) is None
    assert spark_master.variables({"SPARK_MASTER_WEBUI_PORT": "1"}) == {}


def test_the_emulator_gets_all_that_its_jobs_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_HOME", "/home/of/lake")
    given = {"SPARK_MASTER": URL, "SPARK_MASTER_WEBUI_PORT": "9090", "SPARK_HOME": "/opt/spark"}
    assert spark_master.variables(given) == {
        "SPARK_MASTER": URL,
        "LAKE_SPARK_SECRET_FILE": "/home/of/lake/cluster-7077/secret",
        "SPARK_MASTER_WEBUI_PORT": "9090",
    }
    chosen = spark_master.from_environment({**given, "LAKE_SPARK_SECRET_FILE": "/run/secret"})
    assert chosen == Master("127.0.0.1", 7077, Path("/run/secret"), 9090)


def test_the_web_page_is_where_the_cluster_has_told(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text(json.dumps({"web_port": 4321}))
    given = {"SPARK_MASTER": URL, "LAKE_SPARK_SECRET_FILE": str(tmp_path / "secret")}
    assert getattr(spark_master.from_environment(given), "web_port", None) == 4321
    (tmp_path / "cluster.json").write_text("{")
    assert getattr(spark_master.from_environment(given), "web_port", None) == 8080


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("local[4]", "valid: spark://host:port"),
        ("yarn", "valid: spark://host:port"),
        ("spark://127.0.0.1", "valid: spark://host:port"),
        ("spark://127.0.0.1:0", "valid: spark://host:port"),
        ("spark://127.0.0.1:65536", "valid: spark://host:port"),
        ("spark://127.0.0.1:7077,127.0.0.1:7078", "valid: spark://host:port"),
        ("spark://10.0.0.5:7077", "which is another machine"),
        ("spark://master:7077", "which is another machine"),
    ],
)
def test_another_master_is_refused(value: str, message: str) -> None:
    with pytest.raises(SettingError, match="SPARK_MASTER is") as error:
        spark_master.from_environment({"SPARK_MASTER": value})
    assert message in error.value.message
    assert "spark://127.0.0.1:7077" in (error.value.hint or "")


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "٣"])
def test_a_web_port_is_a_port(port: str) -> None:
    with pytest.raises(SettingError, match="SPARK_MASTER_WEBUI_PORT"):
        spark_master.from_environment({"SPARK_MASTER": URL, "SPARK_MASTER_WEBUI_PORT": port})


def test_the_secret_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    master = Master("127.0.0.1", 7077, file)
    with pytest.raises(ClusterError, match="No such file") as error:
        master.secret()
    assert "cluster start --port 7077" in (error.value.hint or "")
    file.touch(0o600)
    with pytest.raises(ClusterError, match="is empty"):
        master.secret()
    file.write_text("abc\n")
    assert master.secret() == "abc"
    file.chmod(0o640)
    with pytest.raises(ClusterError, match="open to others") as error:
        master.secret()
    assert error.value.hint == f"chmod 600 {file}"


Page = Callable[[str], Master]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A master whose web page answers with a text; what stands for its URL is put in."""
    servers = []

    def serve(text: str) -> Master:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = text.replace("URL", f"spark://127.0.0.1:{port}").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        servers.append(server)
        port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Master("127.0.0.1", port, tmp_path / "secret", port)

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_workers_that_are_alive_count(page: Page) -> None:
    workers = [
        {"state": "ALIVE", "cores": 2, "memory": 4096},
        {"state": "DEAD", "cores": 8, "memory": 8192},
    ]
    master = page(json.dumps({"url": "URL", "workers": workers}))
    assert master.workers() == [Worker(2, 4096)]


def test_a_master_without_workers_is_named(page: Page) -> None:
    master = page('{"url": "URL", "workers": [{"state": "DEAD", "cores": 1, "memory": 1}]}')
    with pytest.raises(ClusterError, match="has no worker that is alive") as error:
        master.workers()
    assert master.url in error.value.message


@pytest.mark.parametrize("text", ["<html>", "[]", '{"url": "spark://127.0.0.1:1", "workers": []}'])
def test_the_page_of_something_else_tells_nothing(page: Page, text: str) -> None:
    assert page(text).workers() is None


def test_a_master_that_does_not_answer_is_named(tmp_path: Path) -> None:
    master = Master("127.0.0.1", free_port(), tmp_path / "secret")
    with pytest.raises(ClusterError, match="does not answer") as error:
        master.workers()
    assert f"{master.url} (SPARK_MASTER)" in error.value.message
    assert f"cluster start --port {master.port}; or run jobs in" in (error.value.hint or "")


def test_doctor_looks_at_the_cluster(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_MASTER", raising=False)
    assert checks._cluster() == []
    monkeypatch.setenv("SPARK_MASTER", "local[2]")
    (wrong,) = checks._cluster()
    assert not wrong.ok
    assert "valid: spark://host:port" in wrong.detail
    monkeypatch.setenv("SPARK_MASTER", f"spark://127.0.0.1:{free_port()}")
    (absent,) = checks._cluster()
    assert "does not answer" in absent.detail
    assert "cluster start" in absent.fix
    master = page('{"url": "URL", "workers": [{"state": "ALIVE", "cores": 2, "memory": 900}]}')
    master.secret_file.touch(0o600)
    master.secret_file.write_text("abc")
    monkeypatch.setenv("SPARK_MASTER", master.url)
    monkeypatch.setenv("LAKE_SPARK_SECRET_FILE", str(master.secret_file))
    monkeypatch.setenv("SPARK_MASTER_WEBUI_PORT", str(master.web_port))
    (good,) = checks._cluster()
    assert good.ok
    assert good.detail == f"{master.url}: 1 workers, 2 cores, 900 MiB"


@pytest.mark.parametrize(
    ("worker_type", "number", "workers", "expected"),
    [
        # What AWS gives, where the cluster has it.
        ("G.1X", 3, [Worker(8, 65536)] * 2, (2, 4, 10240)),
        ("G.2X", 2, [Worker(8, 65536)] * 2, (1, 8, 20480)),
        ("G.025X", 2, [Worker(8, 65536)], (1, 2, 2560)),
        # Clipped: to cores and memory of the worker, to the smallest worker, to how many there are.
        ("G.1X", 3, [Worker(1, 768)] * 2, (2, 1, 768)),
        ("G.1X", 3, [Worker(2, 4096), Worker(1, 2048)], (2, 1, 2048)),
        ("G.1X", 10, [Worker(2, 2048)] * 2, (4, 1, 1024)),
        ("G.1X", 10, [Worker(16, 1100)], (2, 4, 550)),
        # A worker too small for any executor is no measure.
        ("G.1X", 3, [Worker(4, 256), Worker(4, 4096)], (2, 2, 2048)),
        ("new in 2030", 2, [Worker(64, 1 << 20)], (1, 4, 10240)),
    ],
)
def test_executors_fit_into_the_cluster(
    worker_type: str, number: int, workers: list[Worker], expected: tuple[int, int, int]
) -> None:
    found = executors(worker_type, number, workers)
    assert (found.count, found.cores, found.memory) == expected


def test_what_is_clipped_is_said() -> None:
    asked, less = executors("G.1X", 4, [Worker(1, 768)] * 2).notes
    assert asked == (
        "NumberOfWorkers 4 of G.1X: one for the driver, 3 as executors of 4 cores and 10240 MiB"
    )
    assert less == (
        "clipped to what the cluster has (2 workers with cores 1 and 768 MiB): executors 3 → 2, "
        "cores of each 4 → 1, MiB of each 10240 → 768"
    )
    assert len(executors("G.1X", 2, [Worker(4, 10240)]).notes) == 1
    (unknown,) = executors("N.1X", 2, [Worker(4, 10240)]).notes
    assert "of N.1X, which is not known here and taken for G.1X: one for" in unknown


def test_the_page_has_the_worker_types_that_there_are() -> None:
    table = re.findall(
        r"^\| (`.*`) \| (\d+) \| ([\d.]+) GiB \|$",
        (PROJECT / "docs" / "cluster.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    written = {
        name: (int(cores), float(heap))
        for names, cores, heap in table
        for name in re.findall(r"`([^`]+)`", names)
    }
    huge = [Worker(1000, 1 << 30)]
    of_code = {name: executors(name, 2, huge) for name in WORKER_TYPES}
    assert written == {name: (e.cores, e.memory / 1024) for name, e in of_code.items()}


def test_a_cluster_that_tells_nothing_gets_what_aws_gives() -> None:
    found = executors("G.1X", 3, None)
    assert (found.count, found.cores, found.memory) == (2, 4, 10240)
    assert "does not tell" in found.notes[1]


def on_cluster(tmp_path: Path, *python_files: Path) -> OnCluster:
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ACCESS_KEY_ID": "000000000000",
        "HOME": "/home/of/run",
        "PATH": "/bin",
        "LAKE_EMULATOR": "mark",
    }
    master = Master("127.0.0.1", 7077, tmp_path / "secret")
    return OnCluster(master, Executors(2, 1, 768, ()), "s3cr3t", environment, python_files)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "26/11/27 09:16:34 WARN StandaloneAppClient$ClientEndpoint: Failed to connect to "
            "master 127.0.0.1:7077",
            "answers, and refuses the driver",
        ),
        (
            "26/11/27 09:16:34 WARN StandaloneSchedulerBackend: Disconnected from Spark cluster! "
            "Waiting for reconnection...",
            "has ended while the job ran",
        ),
        (
            "26/11/27 09:16:34 ERROR StandaloneSchedulerBackend: Application has been killed. "
            "Reason: Master removed our application: FAILED",
            "has ended the job: Master removed our application: FAILED",
        ),
    ],
)
def test_the_clusters_trouble_is_read_from_sparks_log(tmp_path: Path, line: str, said: str) -> None:
    found = on_cluster(tmp_path).trouble(line)
    assert found is not None
    assert found.startswith(f"Spark's master {URL} (SPARK_MASTER) {said}")


@pytest.mark.parametrize(
    "line", ["Failed to connect to master data", "26/11/27 WARN TaskSetManager: Lost task 1.0", ""]
)
def test_other_lines_are_no_trouble(tmp_path: Path, line: str) -> None:
    assert on_cluster(tmp_path).trouble(line) is None


@pytest.mark.skipif(bool(artifacts.missing()), reason="Java artefacts: make setup")
def test_the_driver_gets_the_clusters_settings(tmp_path: Path) -> None:
    cluster = on_cluster(tmp_path)
    command, environment = spark_command(
        tmp_path / "s.py", [], workdir=tmp_path, cluster=cluster, jars=[Path("/x/a.jar")]
    )
    assert command[command.index("--master") + 1] == URL
    assert not [part for part in (*command, *environment.values()) if "s3cr3t" in part]
    file = tmp_path / "spark.conf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = dict(line.partition("=")[::2] for line in file.read_text().splitlines())
    assert found["spark.authenticate"] == "true"
    assert found["spark.authenticate.secret"] == "s3cr3t"
    assert found["spark.executor.memory"] == "768m"
    assert (found["spark.executor.cores"], found["spark.cores.max"]) == ("1", "2")
    assert found["spark.speculation"] == "false"
    assert found["spark.hadoop.fs.s3a.committer.name"] == "magic"
    assert found["spark.jars"] == "/x/a.jar"
    given = {n.rpartition(".")[2] for n in found if n.startswith("spark.executorEnv.")}
    assert given == {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "HADOOP_USER_NAME", "TZ"}


def test_what_is_shipped_can_be_imported(tmp_path: Path) -> None:
    wheel = tmp_path / "own-1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK")
    module = tmp_path / "single.py"
    shipped = on_cluster(tmp_path, wheel, module).settings(AWSGLUE, tmp_path, ["-Da=b c"])
    archive, renamed, plain = shipped["spark.submit.pyFiles"].split(",")
    assert renamed == f"{wheel}.zip"
    assert Path(renamed).read_bytes() == b"PK"
    assert plain == str(module)
    assert shipped["spark.executor.extraJavaOptions"] == '"-Da=b c"'
    code = "import awsglue.utils, sys; print(awsglue.utils.__file__)"
    environment = {**os.environ, "PYTHONPATH": archive}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == f"{archive}/awsglue/utils.py"


@pytest.mark.parametrize("text", ["511m", "1", "1t", "x", ""])
def test_a_workers_memory_is_a_size(text: str) -> None:
    assert _memory("2g") == 2048
    with pytest.raises(Exception, match="is no size from 512m on"):
        _memory(text)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    from lakestack.cluster.process import Cluster, Size
    from lakestack.errors import PortInUseError

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} is taken by") as error:
            Cluster(port, tmp_path).start(Size())
    assert "cluster start --port" in (error.value.hint or "")
