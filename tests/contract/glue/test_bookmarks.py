"""Job bookmarks through the API: what a run is lent, what it commits, reset and rewind.

The scripts use the runtime's file directly; what awsglue makes of it is tested with Spark.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import ROLE, Aws
from tests.support import unique, wait_until

pytestmark = pytest.mark.spark

ENABLE = {"--job-bookmark-option": "job-bookmark-enable"}
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}

# Counts its runs in the bookmark; --then: what to do after (or instead of) the commit.
SCRIPT = """
    import json, os, sys
    arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    path = os.environ.get("LAKE_JOB_BOOKMARK")
    content = json.load(open(path)) if path else None
    print("lent", json.dumps(content))
    then = arguments.get("--then", "")
    if path and then != "no commit":
        count = content["states"].get("counter", {}).get("count", 0) + 1
        states = {"counter": {"count": count}}
        with open(path, "w") as file:
            json.dump({"committed": True, "states": states}, file)
    if then == "fail":
        raise ValueError("after the commit")
"""


class CountingJob:
    """A Spark job that counts its runs in its bookmark."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.glue, self.logs = aws("glue"), aws("logs")
        self.name = unique("job")
        aws("s3").put_object(Bucket=bucket, Key="count.py", Body=textwrap.dedent(SCRIPT).encode())
        self.glue.create_job(
            Name=self.name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/count.py"},
            DefaultArguments=ENABLE,
        )

    def run(self, state: str = "SUCCEEDED", **arguments: Any) -> str:
        given = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
        run_id = str(self.glue.start_job_run(JobName=self.name, Arguments=given)["JobRunId"])

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.glue.get_job_run(JobName=self.name, RunId=run_id)["JobRun"]
            return found if found["JobRunState"] in FINAL else None

        run = wait_until(ended, timeout=90, what=f"{self.name} ended")
        assert run["JobRunState"] == state, run.get("ErrorMessage")
        self.error = run.get("ErrorMessage", "")
        return run_id

    def lent(self, run_id: str) -> Any:
        """What the run's file held at its start."""
        events = self.logs.get_log_events(
            logGroupName="/aws-glue/jobs/output", logStreamName=run_id, startFromHead=True
        )["events"]
        line = next(e["message"] for e in events if e["message"].startswith("lent "))
        return json.loads(line.removeprefix("lent "))

    def bookmark(self, **request: str) -> dict[str, Any]:
        answer = self.glue.get_job_bookmark(JobName=self.name, **request)
        entry: dict[str, Any] = answer["JobBookmarkEntry"]
        return entry

    def count(self, **request: str) -> Any:
        return json.loads(self.bookmark(**request)["JobBookmark"])["counter"]["count"]

    def missing(self, operation: str, **request: str) -> str:
        with pytest.raises(ClientError) as error:
            getattr(self.glue, operation)(JobName=self.name, **request)
        assert error.value.response["Error"]["Code"] == "EntityNotFoundException"
        return str(error.value.response["Error"]["Message"])


@pytest.fixture
def job(aws: Aws, bucket: str) -> CountingJob:
    return CountingJob(aws, bucket)


def test_a_committed_bookmark_is_lent_to_the_next_run(job: CountingJob) -> None:
    assert "not found" in job.missing("get_job_bookmark")
    first = job.run()
    assert job.lent(first) == {"option": "job-bookmark-enable", "states": {}}
    second = job.run()
    assert job.lent(second)["states"] == {"counter": {"count": 1}}
    entry = job.bookmark()
    assert (entry["Run"], entry["Version"], entry["Attempt"]) == (2, 2, 0)
    assert (entry["RunId"], entry["PreviousRunId"]) == (second, first)
    assert (job.count(), job.count(RunId=first)) == (2, 1)


def test_what_is_committed_stays_though_the_script_fails(job: CountingJob) -> None:
    job.run("FAILED", then="fail")
    assert "after the commit" in job.error
    assert job.count() == 1
    job.run(then="no commit")
    assert job.count() == 1


def test_options(job: CountingJob) -> None:
    first = job.run()
    disabled = job.run(job_bookmark_option="job-bookmark-disable")
    assert job.lent(disabled) is None
    second = job.run()
    paused = job.run(job_bookmark_option="job-bookmark-pause")
    assert job.lent(paused)["states"] == {"counter": {"count": 2}}
    assert job.count() == 2
    ranged = job.run(
        job_bookmark_option="job-bookmark-pause", job_bookmark_from=first, job_bookmark_to=second
    )
    lent = job.lent(ranged)
    assert (lent["states"]["counter"]["count"], lent["until"]["counter"]["count"]) == (1, 2)
    job.run("FAILED", job_bookmark_option="on")
    assert "'on' is not valid; valid: job-bookmark-enable" in job.error


def test_reset_and_rewind(job: CountingJob) -> None:
    assert "not found" in job.missing("reset_job_bookmark")
    first = job.run()
    job.run()
    job.missing("reset_job_bookmark", RunId="jr_absent")
    entry = job.glue.reset_job_bookmark(JobName=job.name, RunId=first)["JobBookmarkEntry"]
    assert json.loads(entry["JobBookmark"]) == {"counter": {"count": 1}}
    entry = job.glue.reset_job_bookmark(JobName=job.name)["JobBookmarkEntry"]
    assert (entry["Run"], json.loads(entry["JobBookmark"])) == (0, {})
    assert job.lent(job.run())["states"] == {}
    job.glue.delete_job(JobName=job.name)
    job.missing("get_job_bookmark")
