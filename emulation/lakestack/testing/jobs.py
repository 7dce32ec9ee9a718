"""Glue jobs of tests: a script of the repository, run and waited for."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakestack.errors import JobFailedError, LakeError
from lakestack.testing.results import JobRun
from lakestack.testing.storage import bucket

if TYPE_CHECKING:
    from lakestack.testing.interface import DataLake

ROLE = "arn:aws:iam::{}:role/lake"
GLUE_VERSION = "5.0"
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
"""AWS Glue Web API Reference, "JobRun", JobRunState; the others change once more."""
LOG_GROUPS = ("/aws-glue/jobs/output", "/aws-glue/jobs/error")
KEPT_LINES = 40


def run(
    lake: DataLake,
    script: Path,
    arguments: Mapping[str, object],
    timeout: float,
    settings: Mapping[str, Any],
) -> JobRun:
    """Upload, create, start, wait; see `DataLake.run_job`."""
    if not script.is_file():
        raise LakeError(f"there is no script {script.absolute()}", "name a file, relative to here")
    name = f"{script.stem}-{uuid.uuid4().hex[:8]}"
    key = f"scripts/{name}/{script.name}"
    place = bucket(lake)
    lake.client("s3").put_object(Bucket=place, Key=key, Body=script.read_bytes())
    command = {
        "Name": "glueetl",
        "ScriptLocation": f"s3://{place}/{key}",
        "PythonVersion": "3",
        **settings.get("Command", {}),
    }
    made = {"Role": ROLE.format(lake.account), "GlueVersion": GLUE_VERSION, **settings}
    glue = lake.client("glue")
    glue.create_job(**{**made, "Name": name, "Command": command})
    given = {f"--{n.removeprefix('--')}": str(value) for n, value in arguments.items()}
    number = glue.start_job_run(JobName=name, Arguments=given)["JobRunId"]
    ended = _ended(lake, glue, name, number, timeout)
    if ended["JobRunState"] != "SUCCEEDED":
        raise _failed(lake, script, ended)
    return JobRun(name, number, ended.get("ExecutionTime", 0), log(lake, LOG_GROUPS[0], number))


def log(lake: DataLake, group: str, stream: str) -> str:
    """What a job run has written, "" where it has written nothing."""
    logs = lake.client("logs")
    lines: list[str] = []
    token: dict[str, str] = {}
    with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
        while True:
            page = logs.get_log_events(
                logGroupName=group, logStreamName=stream, startFromHead=True, **token
            )
            lines += [event["message"].rstrip("\n") for event in page["events"]]
            following = page["nextForwardToken"]
            if not page["events"] or following == token.get("nextToken"):
                break
            token = {"nextToken": following}
    return "\n".join(lines)


def _ended(lake: DataLake, glue: Any, name: str, number: str, timeout: float) -> dict[str, Any]:
    began = time.monotonic()

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = glue.get_job_run(JobName=name, RunId=number)["JobRun"]
        return found if found["JobRunState"] in ENDED else None

    try:
        return lake.wait_until(ended, timeout, f"the end of job {name}")
    except BaseException as e:  # Ctrl-C included: it must not run on under the next test
        glue.batch_stop_job_run(JobName=name, JobRunIds=[number])
        if isinstance(e, LakeError):
            raise JobFailedError(
                f"job {name} had not ended after {time.monotonic() - began:.0f} s and is stopped"
                f"{_told(lake, number)}",
                "give it more time (timeout=…), or look why it waits",
            ) from e
        raise


def _failed(lake: DataLake, script: Path, ended: dict[str, Any]) -> JobFailedError:
    why = ended.get("ErrorMessage") or "without a message"
    return JobFailedError(
        f"{script.name} ended as {ended['JobRunState']}: {why}{_told(lake, ended['Id'])}",
        f"fix {script}; its whole log is in CloudWatch, group {LOG_GROUPS[1]}, while the lake is",
    )


def _told(lake: DataLake, number: str) -> str:
    parts = []
    for group in LOG_GROUPS:
        lines = log(lake, group, number).splitlines()
        if lines:
            left = (
                f" (the last {KEPT_LINES} of {len(lines)} lines)" if len(lines) > KEPT_LINES else ""
            )
            parts.append("\n".join([f"--- {group}{left}", *lines[-KEPT_LINES:]]))
    return "\n" + "\n".join(parts) if parts else ""
