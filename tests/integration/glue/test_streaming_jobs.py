"""Streaming jobs (gluestreaming) of the service: they run until they are stopped, and go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.glue.jobs import Jobs
from tests.support import unique, wait_until

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
    import sys
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "stream"])
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(args["JOB_NAME"], args)
    source = glue.create_data_frame.from_options(
        connection_type="kinesis",
        connection_options={
            "typeOfData": "kinesis", "streamARN": args["stream"], "classification": "json",
            "startingPosition": "earliest", "inferSchema": "true",
        },
        transformation_ctx="source",
    )

    def batch(frame, number):
        if frame.count() > 0:
            records = DynamicFrame.fromDF(frame, glue, "from_data_frame").toDF()
            folder = f"s3://{args['bucket']}/out/batch={number}"
            records.write.mode("overwrite").json(folder)

    glue.forEachBatch(frame=source, batch_function=batch, options={
        "windowSize": "1 second", "checkpointLocation": f"s3://{args['bucket']}/checkpoint/",
    })
    job.commit()
"""


@pytest.fixture(autouse=True)
def _stopped(jobs: Jobs) -> Iterator[None]:
    """Jobs that a failed test leaves would run on."""
    yield
    for name in jobs.glue.list_jobs(Tags={"bucket": jobs.bucket})["JobNames"]:
        jobs.glue.delete_job(JobName=name)


@pytest.fixture
def stream(aws: Any) -> str:
    """A stream of two shards."""
    kinesis, name = aws("kinesis"), unique("stream")
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name)
    return name


def put(aws: Any, stream: str, numbers: range) -> None:
    records = [{"Data": json.dumps({"n": n}).encode(), "PartitionKey": str(n)} for n in numbers]
    for i in range(0, len(records), 500):
        answer = aws("kinesis").put_records(StreamName=stream, Records=records[i : i + 500])
        assert answer["FailedRecordCount"] == 0


def written(jobs: Jobs) -> list[int]:
    pages = jobs.s3.get_paginator("list_objects_v2").paginate(Bucket=jobs.bucket, Prefix="out/")
    found = [each["Key"] for page in pages for each in page.get("Contents", [])]
    keys = [key for key in found if "/_" not in key]  # none of those that Spark works with
    lines = [line for key in keys for line in (jobs.object(key) or b"").splitlines()]
    return sorted(json.loads(line)["n"] for line in lines)


def test_a_job_goes_on_where_it_was_stopped(jobs: Jobs, aws: Any, stream: str) -> None:
    arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}"
    job = jobs.create(
        SCRIPT,
        "gluestreaming",
        DefaultArguments={"--bucket": jobs.bucket, "--stream": arn},
        GlueVersion="4.0",
        Tags={"bucket": jobs.bucket},
    )
    assert "Timeout" not in jobs.glue.get_job(JobName=job)["Job"]
    put(aws, stream, range(700))
    run = jobs.start(job)

    def has(count: int) -> bool:
        state = jobs.state(job, run)
        assert state["JobRunState"] in ("STARTING", "RUNNING"), state
        return len(set(written(jobs))) == count

    wait_until(lambda: has(700), timeout=240, what="700 records")
    put(aws, stream, range(700, 800))
    wait_until(lambda: has(800), timeout=60, what="800 records")
    jobs.glue.batch_stop_job_run(JobName=job, JobRunIds=[run])
    jobs.wait(job, run, "STOPPED")
    put(aws, stream, range(800, 1000))
    run = jobs.start(job)
    wait_until(lambda: has(1000), timeout=240, what="1000 records")
    assert written(jobs) == list(range(1000))
    jobs.glue.batch_stop_job_run(JobName=job, JobRunIds=[run])
    jobs.wait(job, run, "STOPPED")


def test_a_streaming_job_fails_with_its_functions_error(jobs: Jobs, aws: Any, stream: str) -> None:
    arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}"
    script = SCRIPT.replace("if frame.count() > 0:", "if frame.count() >= 0 and no_such_name:")
    put(aws, stream, range(3))
    arguments = {"--bucket": jobs.bucket, "--stream": arn}
    run = jobs.run(script, "gluestreaming", DefaultArguments=arguments, Timeout=10)
    assert run["JobRunState"] == "FAILED"
    assert "no_such_name" in run["ErrorMessage"]
