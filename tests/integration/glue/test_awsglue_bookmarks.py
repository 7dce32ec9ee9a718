"""Job bookmarks with Spark: a second run of a job reads only what came since the first."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest

from tests.contract.glue.helpers import ROLE, Aws
from tests.support import unique, wait_until

pytestmark = [pytest.mark.spark, pytest.mark.large]

FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}
SCRIPT = """
    import json, sys
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "database", "then"])
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(args["JOB_NAME"], args)
    read = glue.create_dynamic_frame
    catalog = {"database": args["database"], "table_name": "events"}
    path = {"paths": [f"s3://{args['bucket']}/csv/"]}
    frames = {
        "events": read.from_catalog(**catalog, transformation_ctx="events"),
        "everything": read.from_catalog(**catalog),
        "csv": read.from_options(
            "s3", path, format="csv", format_options={"withHeader": True}, transformation_ctx="csv"
        ),
    }
    found = {name: sorted([list(r) for r in f.toDF().collect()]) for name, f in frames.items()}
    print("found", json.dumps(found))
    job.commit()
    if args["then"] == "fail":
        raise ValueError("after the commit")
"""


class Job:
    """A job over a partitioned JSON table and a folder of CSV files."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.glue, self.s3, self.logs, self.bucket = aws("glue"), aws("s3"), aws("logs"), bucket
        self.name = self.database = unique("bookmarked")
        self.put("code.py", textwrap.dedent(SCRIPT))
        self.glue.create_database(DatabaseInput={"Name": self.database})
        storage = {"Columns": [{"Name": "id", "Type": "int"}], "Location": f"s3://{bucket}/events/"}
        self.glue.create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": "events",
                "PartitionKeys": [{"Name": "day", "Type": "string"}],
                "Parameters": {"classification": "json"},
                "StorageDescriptor": storage,
            },
        )
        for day in ("1", "2"):
            location = {**storage, "Location": f"s3://{bucket}/events/{day}/"}
            self.glue.create_partition(
                DatabaseName=self.database,
                TableName="events",
                PartitionInput={"Values": [day], "StorageDescriptor": location},
            )
        self.glue.create_job(
            Name=self.name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/code.py"},
            DefaultArguments={
                "--job-bookmark-option": "job-bookmark-enable",
                "--bucket": bucket,
                "--database": self.database,
            },
        )

    def put(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def run(self, state: str = "SUCCEEDED", then: str = "end", **more: str) -> dict[str, Any]:
        arguments = {"--then": then, **{f"--{k.replace('_', '-')}": v for k, v in more.items()}}
        run = self.glue.start_job_run(JobName=self.name, Arguments=arguments)["JobRunId"]

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.glue.get_job_run(JobName=self.name, RunId=run)["JobRun"]
            return found if found["JobRunState"] in FINAL else None

        last = wait_until(ended, timeout=120, what=f"{self.name} ended")
        assert last["JobRunState"] == state, last.get("ErrorMessage")
        events = self.logs.get_log_events(
            logGroupName="/aws-glue/jobs/output", logStreamName=run, startFromHead=True
        )["events"]
        line = next(e["message"] for e in events if e["message"].startswith("found "))
        result: dict[str, Any] = json.loads(line.removeprefix("found "))
        return result


def test_a_second_run_reads_only_what_is_new(aws: Aws, bucket: str) -> None:
    job = Job(aws, bucket)
    job.put("events/1/a.json", '{"id": 1}{"id": 2}')
    job.put("events/2/b [1].json", '{"id": 3}\n')
    job.put("csv/one.csv", "name\nann\n")
    everything = [[1, "1"], [2, "1"], [3, "2"]]

    first = job.run("FAILED", then="fail")  # after its commit, which counts
    assert first == {"events": everything, "everything": everything, "csv": [["ann"]]}
    second = job.run()
    assert second == {"events": [], "everything": everything, "csv": []}

    job.put("events/2/c{x}.json", '{"id": 4}\n')
    job.put("csv/one.csv", "name\nbob\n")  # written again: all of it is new
    new = {"events": [[4, "2"]], "csv": [["bob"]]}
    assert new.items() <= job.run(job_bookmark_option="job-bookmark-pause").items()
    assert new.items() <= job.run().items()
    states = json.loads(
        job.glue.get_job_bookmark(JobName=job.name)["JobBookmarkEntry"]["JobBookmark"]
    )
    assert set(states) == {"events", "csv"}

    job.glue.reset_job_bookmark(JobName=job.name)
    assert job.run()["events"] == [*everything, [4, "2"]]
