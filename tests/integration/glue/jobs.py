"""Jobs made from script texts, and their runs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.support import unique, wait_until

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/glue"
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}


class Jobs:
    """Makes jobs from script texts and follows their runs.

    Args:
        seconds: that a run may take
    """

    def __init__(self, aws: Aws, bucket: str, seconds: float = 240) -> None:
        self._seconds = seconds
        self.glue, self.s3, self.logs, self.bucket = aws("glue"), aws("s3"), aws("logs"), bucket

    def create(self, script: str, command: str = "pythonshell", **settings: Any) -> str:
        name = unique("job")
        key = f"code/{name}.py"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=textwrap.dedent(script).encode())
        self.glue.create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": command, "ScriptLocation": f"s3://{self.bucket}/{key}"},
            **settings,
        )
        return name

    def start(self, job: str, **settings: Any) -> str:
        return str(self.glue.start_job_run(JobName=job, **settings)["JobRunId"])

    def state(self, job: str, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_job_run(JobName=job, RunId=run)["JobRun"]
        return found

    def wait(self, job: str, run: str, *states: str) -> dict[str, Any]:
        wanted = set(states) or FINAL

        def reached() -> dict[str, Any] | None:
            found = self.state(job, run)
            if found["JobRunState"] in FINAL and found["JobRunState"] not in wanted:
                raise AssertionError(f"{found['JobRunState']}: {found.get('ErrorMessage')}")
            return found if found["JobRunState"] in wanted else None

        return wait_until(reached, timeout=self._seconds, what=f"{job} in {wanted}")

    def run(self, script: str, command: str = "pythonshell", **settings: Any) -> dict[str, Any]:
        job = self.create(script, command, **settings)
        return self.wait(job, self.start(job))

    def log(self, run: str, group: str = "output") -> str:
        events = self.logs.get_log_events(
            logGroupName=f"/aws-glue/jobs/{group}", logStreamName=run, startFromHead=True
        )["events"]
        return "\n".join(event["message"] for event in events)

    def object(self, key: str) -> bytes | None:
        try:
            body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError:
            return None
        return body
