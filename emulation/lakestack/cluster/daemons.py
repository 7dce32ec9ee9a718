"""How Spark's master and workers are started on this machine, from the PySpark of this environment.

Nobody can submit who has not the cluster's secret (Spark, "Security"): neither another user of the
machine nor a web page. Everything listens on loopback only; the REST submission server and the
buttons of the web pages that end applications are off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lakestack import marks, supervise
from lakestack.confinement.java import network_flags
from lakestack.confinement.network import LOOPBACK
from lakestack.java.artifacts import spark_jars
from lakestack.java.interpreter import find_java
from lakestack.services.glue.spark.class_path import class_archive, class_path
from lakestack.services.glue.spark.command import OPENED_PACKAGES

DAEMON_HEAP = "256m"
KEPT = ("PATH", "LANG", "LC_ALL", "JAVA_HOME", "SYSTEMROOT")
SETTINGS = {
    "spark.authenticate": "true",
    "spark.master.rest.enabled": "false",
    "spark.ui.killEnabled": "false",
    "spark.port.maxRetries": "0",  # a port that is taken is an error, not another port
    # The folders of ended jobs' executors, with what was shipped to them and their logs.
    "spark.worker.cleanup.enabled": "true",
    "spark.worker.cleanup.interval": "600",
    "spark.worker.cleanup.appDataTtl": "3600",
    "spark.deploy.retainedApplications": "20",
    "spark.deploy.retainedDrivers": "20",
    "spark.worker.ui.retainedExecutors": "20",
}
LOG4J = """\
rootLogger.level = info
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
"""


def prepare(folder: Path, secret: str) -> None:
    """Write the settings of the daemons, for the owner only."""
    for name in ("tmp", "work"):
        (folder / name).mkdir(exist_ok=True)
    settings = {**SETTINGS, "spark.authenticate.secret": secret}
    conf = folder / "spark.conf"
    conf.unlink(missing_ok=True)
    conf.touch(mode=0o600)
    conf.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    (folder / "log4j2.properties").write_text(LOG4J)


def master_command(folder: Path, port: int, web_port: int) -> list[str]:
    """Return the supervised command of the master.

    Raises:
        ArtifactError: the Java artefacts were never installed
        JavaError: there is no usable Java
    """
    return _supervised(
        *_java(folder),
        "org.apache.spark.deploy.master.Master",
        *("--host", LOOPBACK, "--port", str(port), "--webui-port", str(web_port)),
        *("--properties-file", str(folder / "spark.conf")),
    )


def worker_command(folder: Path, port: int, cores: int, memory: int) -> list[str]:
    """Return the supervised command of a worker.

    Args:
        folder: of the cluster
        port: of the master
        cores: that it offers
        memory: MiB that it offers to the heaps of executors
    """
    return _supervised(
        *_java(folder),
        "org.apache.spark.deploy.worker.Worker",
        *("--host", LOOPBACK, "--port", "0", "--webui-port", "0"),
        *("--cores", str(cores), "--memory", f"{memory}m", "--work-dir", str(folder / "work")),
        *("--properties-file", str(folder / "spark.conf")),
        f"spark://{LOOPBACK}:{port}",
    )


def environment(folder: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables of the daemons, which executors inherit; nothing of the user's own is in them."""
    import pyspark

    home = Path(pyspark.__file__).parent
    core = next((home / "jars").glob("spark-core_*.jar")).name
    return {
        **{name: given[name] for name in KEPT if name in given},
        marks.EMULATOR: str(folder),
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "SPARK_HOME": str(home),
        "SPARK_SCALA_VERSION": core.removeprefix("spark-core_").partition("-")[0],
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_DIRS": str(folder / "tmp"),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_HOSTNAME": LOOPBACK,
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONDONTWRITEBYTECODE": "1",
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        "TZ": "UTC",
    }


def _java(folder: Path) -> list[str]:
    jars = class_path(spark_jars())
    archive = class_archive(jars)
    return [
        str(find_java().path),
        f"-Xmx{DAEMON_HEAP}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-XX:+IgnoreUnrecognizedVMOptions",
        *(f"--add-opens={name}=ALL-UNNAMED" for name in OPENED_PACKAGES),
        "-Djava.net.preferIPv4Stack=true",
        *network_flags(folder),
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        f"-Dlog4j2.configurationFile={(folder / 'log4j2.properties').as_uri()}",
        *([f"-XX:SharedArchiveFile={archive}", "-Xlog:disable"] if archive.is_file() else []),
        "-cp",
        os.pathsep.join(map(str, jars)),
    ]


def _supervised(*command: str) -> list[str]:
    """A command that ends, with all that it has started, when the pipe to it is closed."""
    return [sys.executable, "-I", "-S", str(supervise.__file__), "--control", *command]
