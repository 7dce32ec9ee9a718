"""A Glue job with bookmarks, run twice: the second run has nothing to read."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.bench import lake
from tests.bench.report import Figure
from tests.contract.glue.helpers import ROLE
from tests.support import emulator, unique, wait_until

OBJECTS, ROWS = 20, 10_000
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}
SCRIPT = """
    import sys, time
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(args["JOB_NAME"], args)
    path = {"paths": [f"s3://{args['bucket']}/events/"]}
    began = time.perf_counter()
    frame = glue.create_dynamic_frame.from_options("s3", path, "json", transformation_ctx="events")
    print("read", frame.count(), time.perf_counter() - began)
    job.commit()
"""


@dataclass(frozen=True)
class JobRun:
    """What one run of the job took, seconds, and read."""

    took: float
    rows: int
    reading: float


def run() -> Iterator[Figure]:
    """Yield the time of the second run over that of the first."""
    with emulator() as running:

        def aws(service: str) -> Any:
            return lake.client(service, running.url)

        name = _create(aws)
        first, second = _run(aws, name), _run(aws, name)
    if (first.rows, second.rows) != (OBJECTS * ROWS, 0):
        raise RuntimeError(f"read {first.rows:,} rows, then {second.rows:,}")
    detail = ", ".join(
        f"{r.rows:,} rows: {r.took:.1f} s, of which {r.reading:.1f} s to read"
        for r in (first, second)
    )
    ratio = second.took / first.took
    yield Figure("second job run, bookmarked", ratio, "x", 0.9, True, detail)


def _create(aws: Callable[[str], Any]) -> str:
    name, s3 = unique("bench"), aws("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="code.py", Body=textwrap.dedent(SCRIPT).encode())
    for number in range(OBJECTS):
        events = (
            {"userId": i % 671, "movieId": i, "rating": 3.5, "timestamp": 1260759144 + i}
            for i in range(number * ROWS, (number + 1) * ROWS)
        )
        body = "\n".join(json.dumps(event) for event in events).encode()
        s3.put_object(Bucket=name, Key=f"events/{number}.json", Body=body)
    aws("glue").create_job(
        Name=name,
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{name}/code.py"},
        DefaultArguments={"--job-bookmark-option": "job-bookmark-enable", "--bucket": name},
    )
    return name


def _run(aws: Callable[[str], Any], name: str) -> JobRun:
    glue, began = aws("glue"), time.perf_counter()
    run = glue.start_job_run(JobName=name)["JobRunId"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = glue.get_job_run(JobName=name, RunId=run)["JobRun"]
        return found if found["JobRunState"] in FINAL else None

    last = wait_until(ended, timeout=300, what="the job")
    took = time.perf_counter() - began
    if last["JobRunState"] != "SUCCEEDED":
        raise RuntimeError(f"the job ended {last['JobRunState']}: {last.get('ErrorMessage')}")
    events = aws("logs").get_log_events(
        logGroupName="/aws-glue/jobs/output", logStreamName=run, startFromHead=True
    )["events"]
    line = next(e["message"] for e in events if e["message"].startswith("read "))
    _, rows, reading = line.split()
    return JobRun(took, int(rows), float(reading))
