"""Glue jobs as people publish them, and an Athena query: starting, reading, streaming."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from lakestack.java import artifacts, heaps
from tests import athena_engine, support
from tests.bench.measure import median, seconds, side_by_side
from tests.bench.report import Figure
from tests.integration.glue.databases import PASSWORD, USER, postgresql
from tests.integration.glue.jobs import Jobs
from tests.support import unique, wait_until

ROUNDS, ROWS, RECORDS, SHARDS = 3, 1_000_000, 100_000, 4
MARK = "TOOK"

HELLO = """
    import sys
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    args = getResolvedOptions(sys.argv, ["JOB_NAME"])
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(args["JOB_NAME"], args)
    print("hello", glue.spark_session.range(3).count())
    job.commit()
"""
TABLE = """
    create table ratings as select n as id, n % 671 as user_id, n * 7 % 9000 as movie_id,
    0.5 * (n % 10) as rating, timestamp '2026-01-01' + n * interval '1 second' as at,
    'rating ' || n as note from generate_series(1, ROWS) n;
"""
# On both sides; READ makes the frame from the settings.
READING = """
import json, sys, time
from pyspark.sql import SparkSession
settings = json.loads(SETTINGS)
builder = SparkSession.builder
for key, value in settings["spark"].items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
CONTEXT
times = []
for _ in range(3):
    begun = time.perf_counter()
    frame = READ
    frame.write.format("noop").mode("overwrite").save()
    times.append(time.perf_counter() - begun)
print("TOOK" + json.dumps(sorted(times)[1]))
"""
GLUE_READ = 'glue.create_dynamic_frame.from_options("postgresql", settings["source"]).toDF()'
GLUE_CONTEXT = """
from awsglue.context import GlueContext
glue = GlueContext(spark.sparkContext)
"""
PLAIN_READ = """spark.read.format("jdbc").option("driver", "org.postgresql.Driver").options(
        **settings["source"]).load()"""
STREAM = """
    import json, sys, time
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    args = getResolvedOptions(sys.argv, ["bucket", "stream", "records"])
    glue = GlueContext(SparkContext.getOrCreate())
    seen = 0
    source = glue.create_data_frame.from_options("kinesis", {
        "streamARN": args["stream"], "classification": "json", "inferSchema": "true",
        "startingPosition": "TRIM_HORIZON"}, transformation_ctx="source")
    begun = time.perf_counter()

    def batch(frame, number):
        global seen
        seen += frame.count()
        records = DynamicFrame.fromDF(frame, glue, "records")
        glue.write_dynamic_frame.from_options(
            records, "s3", {"path": f"s3://{args['bucket']}/out/"}, "parquet")
        if seen >= int(args["records"]):
            print("TOOK" + json.dumps(time.perf_counter() - begun))

    glue.forEachBatch(frame=source, batch_function=batch, options={
        "windowSize": "1 second", "checkpointLocation": f"s3://{args['bucket']}/checkpoint/"})
"""
QUERY = (
    "select user_id % 10 as k, count(*), avg(rating), max(movie_id) from {} group by 1 order by 1"
)


def run() -> Iterator[Figure]:
    """Yield what AWS Glue's and Athena's users wait for.

    Raises:
        RuntimeError: a job or a query failed
    """
    with support.emulator() as running:
        aws, bucket = support.clients(running.url), unique("bench")
        aws("s3").create_bucket(Bucket=bucket)
        jobs = Jobs(aws, bucket, seconds=1800)
        yield _hello(jobs)
        yield _jdbc(jobs)
        yield _athena(aws, bucket)
        yield _stream(jobs, aws)


def _hello(jobs: Jobs) -> Figure:
    job = jobs.create(HELLO, "glueetl")

    def once() -> float:
        return seconds(lambda: jobs.wait(job, jobs.start(job), "SUCCEEDED"))

    first, later = once(), [once() for _ in range(ROUNDS)]
    detail = f"GlueContext and one count; the emulator's first job took {first:.1f} s"
    return Figure("Glue job, hello", median(later), "s", 5, True, detail)


def _jdbc(jobs: Jobs) -> Figure:
    drivers = artifacts.fetched("jdbc-postgresql", print)
    with postgresql() as database:
        database.sql(TABLE.replace("ROWS", str(ROWS)))
        source = {"url": database.url, "user": USER, "password": PASSWORD, "dbtable": "ratings"}
        plain = {
            "spark.master": "local[*]",
            "spark.ui.enabled": "false",
            "spark.driver.memory": heaps.SPARK.size(),
            "spark.jars": ",".join(map(str, drivers)),
        }

        def script(read: str, spark: dict[str, str]) -> str:
            settings = json.dumps({"spark": spark, "source": source})
            context = GLUE_CONTEXT if read is GLUE_READ else ""
            text = READING.replace("SETTINGS", repr(settings)).replace("CONTEXT\n", context)
            return text.replace("READ\n", f"{read}\n")

        job = jobs.create(script(GLUE_READ, {}), "glueetl")

        def ours() -> float:
            run = jobs.start(job)
            jobs.wait(job, run, "SUCCEEDED")
            return _took(jobs.log(run))

        def theirs() -> float:
            command = [sys.executable, "-c", script(PLAIN_READ, plain)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"plain Spark failed:\n{done.stderr[-4000:]}")
            return _took(done.stdout)

        glue, spark = side_by_side(ours, theirs, ROUNDS)
    detail = f"{ROWS:,} rows of PostgreSQL, one connection: {glue:.1f} s and {spark:.1f} s"
    return Figure("JDBC read, plain Spark", glue / spark, "x", 1.3, True, detail)


def _athena(aws: Callable[[str], Any], bucket: str) -> Figure:
    numbers = np.arange(ROWS)
    table = pa.table(
        {"user_id": numbers % 671, "movie_id": numbers * 7 % 9000, "rating": numbers % 10 / 2}
    )
    body, database = io.BytesIO(), bucket.replace("-", "_")
    parquet.write_table(table, body)
    aws("s3").put_object(Bucket=bucket, Key="ratings/part.parquet", Body=body.getvalue())
    aws("glue").create_database(DatabaseInput={"Name": database})
    columns = {"user_id": "bigint", "movie_id": "bigint", "rating": "double"}
    hive = "org.apache.hadoop.hive.ql.io.parquet"
    storage = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
        "Location": f"s3://{bucket}/ratings/",
        "InputFormat": f"{hive}.MapredParquetInputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{hive}.serde.ParquetHiveSerDe"},
    }
    aws("glue").create_table(
        DatabaseName=database, TableInput={"Name": "ratings", "StorageDescriptor": storage}
    )
    athena = aws("athena")

    def query() -> None:
        started = athena.start_query_execution(
            QueryString=QUERY.format("ratings"),
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": f"s3://{bucket}/results/"},
        )["QueryExecutionId"]

        def ended() -> dict[str, Any] | None:
            found = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            return None if found["State"] in ("QUEUED", "RUNNING") else dict(found)

        if (status := wait_until(ended, timeout=600, what="the query"))["State"] != "SUCCEEDED":
            raise RuntimeError(f"the query ended {status}")

    athena_engine.importable()
    import duckdb  # fetched on demand, no part of the environment

    first = seconds(query)
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder:
        file = Path(folder, "part.parquet")
        file.write_bytes(body.getvalue())
        alone = QUERY.format(f"'{file}'")
        ours, theirs = side_by_side(
            lambda: seconds(query), lambda: seconds(lambda: duckdb.sql(alone).fetchall()), 5
        )
    detail = f"{ROWS:,} rows of Parquet; the first query {first:.1f} s; DuckDB alone {theirs:.2f} s"
    return Figure("Athena query", ours, "s", 1.5, True, detail)


def _stream(jobs: Jobs, aws: Callable[[str], Any]) -> Figure:
    kinesis, stream = aws("kinesis"), unique("bench")
    kinesis.create_stream(StreamName=stream, ShardCount=SHARDS)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream)
    for first in range(0, RECORDS, 500):
        records = [
            {
                "Data": json.dumps({"userId": n % 671, "movieId": n, "rating": 3.5}).encode(),
                "PartitionKey": str(n),
            }
            for n in range(first, first + 500)
        ]
        if kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"]:
            raise RuntimeError("records refused")
    arn = f"arn:aws:kinesis:{support.REGION}:{support.ACCOUNT}:stream/{stream}"
    arguments = {"--bucket": jobs.bucket, "--stream": arn, "--records": str(RECORDS)}
    job = jobs.create(STREAM, "gluestreaming", DefaultArguments=arguments)
    with ExitStack() as stack:
        run, begun = jobs.start(job), time.perf_counter()
        stack.callback(jobs.glue.batch_stop_job_run, JobName=job, JobRunIds=[run])

        def all_read() -> bool:
            state = jobs.state(job, run)
            if state["JobRunState"] not in ("STARTING", "RUNNING"):
                raise RuntimeError(f"the job ended: {state}")
            return state["JobRunState"] == "RUNNING" and MARK in jobs.log(run)

        wait_until(all_read, timeout=1800, every=0.5, what="all records")
        total = time.perf_counter() - begun
        took = _took(jobs.log(run))
    jobs.wait(job, run, "STOPPED")
    detail = (
        f"{RECORDS:,} records of {SHARDS} shards to Parquet in S3, {took:.1f} s of forEachBatch, "
        f"{total:.1f} s with the job's start"
    )
    return Figure("streaming job", RECORDS / took, "records/s", 5000, False, detail)


def _took(output: str) -> float:
    line = next(line for line in output.splitlines() if line.startswith(MARK))
    return float(json.loads(line.removeprefix(MARK)))
