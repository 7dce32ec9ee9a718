"""A job on a Spark cluster over generated ratings, with an executor killed in the middle.

Used by the integration test and, with ten million ratings, by the benchmark.
"""

from __future__ import annotations

import contextlib
import io
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.csv
import pyarrow.parquet
import pytest

from lakestack.cluster.process import Cluster, Size
from lakestack.host.process import Emulator
from lakestack.spark_master import SECRET_VARIABLE, VARIABLE
from tests import support
from tests.support import unique, wait_until

Aws = Callable[[str], Any]
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}
USERS, FILMS = 671, 9066
OBJECTS = 12
TASKS = 12
CHUNK = 1_000_000

SCRIPT = f"""
import sys
import boto3
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark import TaskContext
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "held"])
bucket, held = args["bucket"], int(args["held"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)


def hold(batches):
    # The last tasks wait for an object, so that there is a middle.
    if TaskContext.get().partitionId() >= {TASKS} - held:
        wait = {{"Delay": 0.2, "MaxAttempts": 1500}}
        there = boto3.client("s3").get_waiter("object_exists")
        there.wait(Bucket=bucket, Key="go", WaiterConfig=wait)
    yield from batches


ratings = spark.read.csv(f"s3://{{bucket}}/in/", "user INT, film INT, halves INT")
rows = ratings.repartition({TASKS}).mapInArrow(hold, ratings.schema)
rows.write.csv(f"s3://{{bucket}}/rows/")

by_film = ratings.groupBy("film").agg(F.count("*").alias("n"), F.sum("halves").alias("s"))
glue.write_dynamic_frame.from_options(
    DynamicFrame.fromDF(by_film, glue, "by_film"), "s3",
    {{"path": f"s3://{{bucket}}/films/"}}, "parquet",
)
by_user = ratings.groupBy("user").agg(F.count("*").alias("n"), F.sum("halves").alias("s"))
glue.write_dynamic_frame.from_options(
    DynamicFrame.fromDF(by_user, glue, "by_user"), "dynamodb",
    {{"dynamodb.output.tableName": bucket}},
)
read = glue.create_dynamic_frame.from_options("dynamodb", {{"dynamodb.input.tableName": bucket}})
total = read.toDF().selectExpr("count(*)", "sum(cast(n as long))").first()
print("from DynamoDB", *total)
job.commit()
"""


IN_SQL = """
import json
from awsglue.context import GlueContext
from pyspark.context import SparkContext

spark = GlueContext(SparkContext.getOrCreate()).spark_session
found = spark.sql("SELECT film, count(*) AS n, sum(halves) AS s FROM {0}.ratings GROUP BY film")
print("FOUND" + json.dumps({{row.film: (row.n, row.s) for row in found.collect()}}))
"""


@dataclass(frozen=True)
class Ratings:
    """What is to come out: the ratings' number, sum of halves, and both by film."""

    rows: int
    halves: int
    by_film: dict[int, tuple[int, int]]


@contextlib.contextmanager
def lake(home: Path, size: Size) -> Iterator[tuple[Cluster, str]]:
    """A cluster, and an emulator whose jobs run on it; both end with the block."""
    cluster = Cluster(support.free_port(), home)
    emulator = Emulator(support.free_port(), home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, cluster.master.url)
        patch.setenv(SECRET_VARIABLE, str(cluster.master.secret_file))
        try:
            cluster.start(size, 240, owned=True)
            yield cluster, emulator.start(180, owned=True)[0].url
        finally:
            emulator.stop()
            cluster.stop()


def put_ratings(aws: Aws, bucket: str, rows: int) -> Ratings:
    """Put CSV files of generated ratings below ``in/``; return what they hold."""
    counts, sums, halves = np.zeros(FILMS, np.int64), np.zeros(FILMS, np.int64), 0
    for number, part in enumerate(np.array_split(np.arange(rows, dtype=np.int64), OBJECTS)):
        user, film, value = part % USERS, part * 7919 % FILMS, part * 31 % 10 + 1
        table = pyarrow.table({"user": user, "film": film, "halves": value})
        body = io.BytesIO()
        pyarrow.csv.write_csv(table, body, pyarrow.csv.WriteOptions(include_header=False))
        aws("s3").put_object(Bucket=bucket, Key=f"in/{number:02}.csv", Body=body.getvalue())
        counts += np.bincount(film, minlength=FILMS)
        sums += np.bincount(film, value, minlength=FILMS).astype(np.int64)
        halves += int(value.sum())
    found = {f: (int(counts[f]), int(sums[f])) for f in range(FILMS) if counts[f]}
    return Ratings(rows, halves, found)


def written(aws: Aws, bucket: str) -> Ratings:
    """What the job has written, read without Spark."""
    s3, rows, halves = aws("s3"), 0, 0
    names = pyarrow.csv.ReadOptions(column_names=["user", "film", "halves"])
    for key in keys(aws, bucket, "rows/part-"):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        if body:
            column = pyarrow.csv.read_csv(io.BytesIO(body), names).column("halves").to_numpy()
            rows, halves = rows + len(column), halves + int(column.sum())
    found: dict[int, tuple[int, int]] = {}
    for key in keys(aws, bucket, "films/run-"):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for row in pyarrow.parquet.read_table(io.BytesIO(body)).to_pylist():
            assert row["film"] not in found, "a film is there twice"
            found[row["film"]] = (row["n"], row["s"])
    return Ratings(rows, halves, found)


def keys(aws: Aws, bucket: str, prefix: str) -> list[str]:
    pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def executors(cluster: Cluster) -> dict[int, psutil.Process]:
    """The executors of a cluster that live, by their ids."""
    record, found = cluster.find(), {}
    for process in psutil.Process(record.pid).children(recursive=True) if record else ():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if EXECUTOR in line:
                found[int(line[line.index("--executor-id") + 1])] = process
    return found


class Job:
    """A job of three workers, one of which is the driver.

    Args:
        held: how many of its last tasks wait for the object ``go``
    """

    def __init__(self, aws: Aws, script: str, held: int = 0, **arguments: str) -> None:
        self.aws, self.name = aws, unique("cluster")
        self.bucket = self.name
        aws("s3").create_bucket(Bucket=self.bucket)
        aws("s3").put_object(Bucket=self.bucket, Key="job.py", Body=script.encode())
        aws("dynamodb").create_table(
            TableName=self.bucket,
            KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "user", "AttributeType": "N"}],
            BillingMode="PAY_PER_REQUEST",
        )
        aws("glue").create_job(
            Name=self.name,
            Role="arn:aws:iam::000000000000:role/glue",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{self.bucket}/job.py"},
            WorkerType="G.1X",
            NumberOfWorkers=3,
            DefaultArguments={"--bucket": self.bucket, "--held": str(held), **arguments},
        )

    def start(self) -> str:
        return str(self.aws("glue").start_job_run(JobName=self.name)["JobRunId"])

    def state(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.aws("glue").get_job_run(JobName=self.name, RunId=run)["JobRun"]
        return found

    def ended(self, run: str, timeout: float = 240) -> dict[str, Any]:
        def final() -> dict[str, Any] | None:
            found = self.state(run)
            return found if found["JobRunState"] in FINAL else None

        return wait_until(final, timeout, 0.2, what=f"the end of {self.name}")

    def succeeded(self, run: str) -> None:
        """Wait for the end of a run, which must be a good one."""
        ended = self.ended(run)
        if ended["JobRunState"] != "SUCCEEDED":
            logs = "\n".join(self.log(run, group)[-3000:] for group in ("error", "output"))
            raise AssertionError(f"{ended['JobRunState']}: {ended.get('ErrorMessage')}\n{logs}")

    def log(self, run: str, group: str = "output") -> str:
        events = self.aws("logs").get_log_events(
            logGroupName=f"/aws-glue/jobs/{group}", logStreamName=run, startFromHead=True
        )["events"]
        return "\n".join(event["message"] for event in events)

    def tasks_committed(self) -> int:
        """How many tasks of the first write have committed, as the magic committer keeps it."""
        found = keys(self.aws, self.bucket, "rows/__magic")
        return sum(key.endswith(".pendingset") for key in found)

    def kill_an_executor(self, cluster: Cluster, run: str) -> int:
        """SIGKILL one executor after the first tasks have committed; returns its id."""

        def middle() -> bool:
            state = self.state(run)
            assert state["JobRunState"] in ("STARTING", "RUNNING"), state
            return self.tasks_committed() >= 2 and len(executors(cluster)) == 2

        wait_until(middle, 200, what="two executors, and tasks that have committed")
        number, process = min(executors(cluster).items())
        process.send_signal(signal.SIGKILL)
        wait_until(lambda: number not in executors(cluster), what="its end")
        return number
