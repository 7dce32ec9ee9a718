"""A Glue job that appends a million rows to an Iceberg table, beside plain Spark on local files."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lakestack.java import artifacts, heaps
from tests import support
from tests.bench.measure import median
from tests.bench.report import Figure
from tests.contract.glue.helpers import ROLE
from tests.support import unique, wait_until

ROWS = 1_000_000
ROUNDS = 3
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}

# On both sides; it prints the seconds of the append alone, too.
APPEND = f"""
import json, sys, time
from pyspark.sql import SparkSession
name, settings = sys.argv[1], json.loads(sys.argv[2])
builder = SparkSession.builder
for key, value in settings.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
begun = time.perf_counter()
rows = spark.range({ROWS}).selectExpr(
    "id", "id % 1000 AS movie", "rand(7) * 5 AS rating", "concat('user ', id % 5000) AS name")
spark.sql(f"DROP TABLE IF EXISTS {{name}}")
spark.sql(f"CREATE TABLE {{name}} (id bigint, movie bigint, rating double, name string) "
          "USING iceberg")
append = time.perf_counter()
rows.writeTo(name).append()
append = time.perf_counter() - append
assert spark.table(name).count() == {ROWS}
print("TOOK" + json.dumps([time.perf_counter() - begun, append]))
"""
CATALOG = "spark.sql.catalog.lake"
SPARK_CATALOG = "org.apache.iceberg.spark.SparkCatalog"


def run() -> Iterator[Figure]:
    """Yield the time of the script in a Glue job over that in plain Spark.

    Raises:
        RuntimeError: a side failed
    """
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder, support.emulator() as running:
        job, plain = Job(running.url), Path(folder)
        pairs = [(job.run(), plain_run(plain)) for _ in range(ROUNDS)]
    ours, theirs = (median([pair[side][0] for pair in pairs]) for side in (0, 1))
    append, plain_append = (median([pair[side][1] for pair in pairs]) for side in (0, 1))
    detail = (
        f"{ROWS} rows: {ours:.1f} s on S3, {theirs:.1f} s on local files; the append alone "
        f"{append:.1f} and {plain_append:.1f} s"
    )
    yield Figure("Iceberg append, plain Spark", ours / theirs, "x", 1.3, True, detail)


def plain_run(folder: Path) -> list[float]:
    """The other side, with the same jars and heap: seconds of the script, and of the append."""
    jars = artifacts.fetched("table-iceberg", print)
    settings = {
        CATALOG: SPARK_CATALOG,
        f"{CATALOG}.type": "hadoop",
        f"{CATALOG}.warehouse": folder.as_uri(),
        "spark.master": "local[*]",
        "spark.ui.enabled": "false",
        "spark.driver.memory": heaps.SPARK.size(),
        "spark.jars": ",".join(map(str, jars)),
    }
    done = subprocess.run(
        [sys.executable, "-c", APPEND, "lake.db.ratings", json.dumps(settings)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"plain Spark failed:\n{done.stderr[-4000:]}")
    return _took(done.stdout)


class Job:
    """The job, with a catalog on the Data Catalog."""

    def __init__(self, url: str) -> None:
        self._aws, self._name = support.clients(url), unique("bench").replace("-", "_")
        bucket = self._name.replace("_", "-")
        self._aws("s3").create_bucket(Bucket=bucket)
        script = APPEND.replace("sys.argv[1], json.loads(sys.argv[2])", f"{self._table!r}, {{}}")
        self._aws("s3").put_object(Bucket=bucket, Key="job.py", Body=script.encode())
        self._aws("glue").create_database(DatabaseInput={"Name": self._name})
        catalog_impl = "org.apache.iceberg.aws.glue.GlueCatalog"
        self._aws("glue").create_job(
            Name=self._name,
            Role=ROLE,
            GlueVersion="5.1",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/job.py"},
            DefaultArguments={
                "--datalake-formats": "iceberg",
                "--conf": f"{CATALOG}={SPARK_CATALOG} --conf {CATALOG}.catalog-impl={catalog_impl} "
                f"--conf {CATALOG}.warehouse=s3://{bucket}/warehouse",
            },
        )

    @property
    def _table(self) -> str:
        return f"lake.{self._name}.ratings"

    def run(self) -> list[float]:
        """Run it to its end: seconds of the script, and of the append."""
        glue = self._aws("glue")
        run = glue.start_job_run(JobName=self._name)["JobRunId"]

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = glue.get_job_run(JobName=self._name, RunId=run)["JobRun"]
            return found if found["JobRunState"] in FINAL else None

        last = wait_until(ended, timeout=3600, every=0.25, what="the job")
        if last["JobRunState"] != "SUCCEEDED":
            raise RuntimeError(f"the job ended {last['JobRunState']}: {last.get('ErrorMessage')}")
        events = self._aws("logs").get_log_events(
            logGroupName="/aws-glue/jobs/output", logStreamName=run, startFromHead=True
        )["events"]
        return _took("\n".join(event["message"] for event in events))


def _took(output: str) -> list[float]:
    line = next(line for line in output.splitlines() if line.startswith("TOOK"))
    found: list[float] = json.loads(line.removeprefix("TOOK"))
    return found
