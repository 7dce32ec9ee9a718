"""A job's definition: validation, defaults, and its runs."""

from __future__ import annotations

import logging
import re
import threading
import uuid
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack import clock
from lakestack.services.base import aws_error
from lakestack.services.glue.bookmark import Bookmarks
from lakestack.services.glue.job_checks import check_arguments, check_timeout
from lakestack.services.glue.job_run import JobRun
from lakestack.services.glue.runtime.awsglue.coverage import Effect
from lakestack.services.glue.runtime.awsglue.coverage.modules import JOBS
from lakestack.services.glue.triggers.origin import End, ended
from lakestack.services.glue.worker_types import WORKER_TYPES
from lakestack.store import Ending

LOG = logging.getLogger(__name__)

JsonDict = dict[str, Any]
_SAVED = ("definition", "job_id", "created", "modified")

GLUE_VERSIONS = ("0.9", "1.0", "2.0", "3.0", "4.0", "5.0", "5.1")
DEFAULT_VERSION = "5.1"
COMMANDS = tuple(name for name, row in JOBS.items() if row.effect is not Effect.REFUSED)


class Job:
    """A job of one account and region.

    Args:
        definition: CreateJob's request without tags

    Raises:
        InvalidInputException: AWS would refuse it, or it is not emulated
    """

    def __init__(self, account: str, region: str, definition: JsonDict) -> None:
        self.account, self.region = account, region
        self.name: str = definition["Name"]
        self.job_id = f"j_{uuid.uuid4().hex}{uuid.uuid4().hex}"
        self.created = self.modified = clock.wall()
        self.lock = threading.RLock()
        self.runs: list[JobRun] = []
        self._ended = False
        self.bookmarks = Bookmarks()
        self.definition = completed(definition)

    def update(self, changes: JsonDict) -> None:
        """UpdateJob: AWS replaces the definition as a whole."""
        self.definition = completed({**changes, "Name": self.name})
        self.modified = clock.wall()

    @property
    def max_concurrent_runs(self) -> int:
        return int((self.definition.get("ExecutionProperty") or {}).get("MaxConcurrentRuns", 1))

    def begin(self, run: JobRun) -> None:
        """Start a run that a client or a trigger asks for, or let it wait for others to end.

        Raises:
            ConcurrentRunsExceededException: as many are active as may be, and it is not to be
                queued
            EntityNotFoundException: the job was deleted meanwhile
        """
        with self.lock:
            limit = self.max_concurrent_runs
            if self._going() >= limit:
                if run.settings.get("JobRunQueuingEnabled"):
                    run.wait_for(f"Max concurrent runs reached (MaxConcurrentRuns is {limit})")
                    self.runs.append(run)
                    return
                raise aws_error(
                    "ConcurrentRunsExceededException",
                    f"Concurrent runs exceeded for {self.name} (MaxConcurrentRuns is {limit})",
                )
            if not self.begin_retry(run):
                raise aws_error("EntityNotFoundException", f"Entity not found: Job {self.name}")

    def begin_retry(self, run: JobRun) -> bool:
        """Start a run, however many there are; False when the job is no more."""
        with self.lock:
            if self._ended:
                return False
            self.runs.append(run)
            run.start()
            return True

    def refuse(self, run: JobRun, message: str) -> None:
        """Keep a run of a trigger that may not begin, as FAILED."""
        with self.lock:
            run.fail(message)
            self.runs.append(run)

    def attempts(self, run_id: str) -> list[JobRun]:
        """A run and its retries."""
        prefix = f"{run_id}_attempt_"
        return [r for r in self.runs if r.run_id == run_id or r.run_id.startswith(prefix)]

    def _going(self) -> int:
        return sum(run.active and run.state != "WAITING" for run in self.runs)

    def ended(self, run: JobRun) -> None:
        """Start what comes next: a retry, a run that waits, what triggers make depend on it."""
        retried = self._retry(run)
        with self.lock:
            waiting = [r for r in self.runs if r.state == "WAITING"]
            free = self.max_concurrent_runs - self._going()
            for each in waiting[: max(0, free)] if not self._ended else ():
                each.start()
        if run.origin and not retried:
            place = self.account, self.region
            ended(End(*place, "job", self.name, run.run_id, run.state, run.origin))

    def _retry(self, run: JobRun) -> bool:
        if run.state != "FAILED" or run.attempt >= self.definition["MaxRetries"]:
            return False
        again = JobRun(
            self.account,
            self.region,
            run.settings,
            job_id=self.job_id,
            bookmarks=self.bookmarks,
            attempt=run.attempt + 1,
            previous=run.run_id,
            origin=run.origin,
            on_end=self.ended,
        )
        begun = self.begin_retry(again)
        if begun:
            LOG.info("Glue job %s: attempt %s after a failure", self.name, again.attempt)
        return begun

    def shut_down(self) -> list[Ending]:
        """Stop the runs under way, and start none any more; returns what ends."""
        with self.lock:
            self._ended = True
            runs = list(self.runs)
        # Without the lock: the end of a waiting run comes at once, in this thread.
        return [Ending.of(run.runner) for run in runs if run.stop() and run.runner.ident]

    def snapshot(self) -> JsonDict:
        """As plain data."""
        with self.lock:
            return {
                **{name: getattr(self, name) for name in _SAVED},
                "bookmarks": self.bookmarks.snapshot(),
                "runs": [run.snapshot() for run in self.runs],
            }

    @classmethod
    def restored(cls, account: str, region: str, saved: JsonDict) -> Job:
        """The job of a snapshot."""
        needed = {name: saved["definition"][name] for name in ("Name", "Command", "Role")}
        job = cls(account, region, needed)
        for name in _SAVED:
            setattr(job, name, saved[name])
        job.bookmarks.restore(saved["bookmarks"])
        job.runs = [
            JobRun.restored(
                account,
                region,
                each,
                job_id=job.job_id,
                bookmarks=job.bookmarks,
                on_end=job.ended,
            )
            for each in saved["runs"]
        ]
        return job

    def as_api(self) -> JsonDict:
        """The Job structure of the API."""
        return {**self.definition, "CreatedOn": self.created, "LastModifiedOn": self.modified}

    def run(self, run_id: str) -> JobRun | None:
        """The run with this id."""
        return next((run for run in self.runs if run.run_id == run_id), None)


def completed(definition: JsonDict) -> JsonDict:
    """Check a definition and fill in AWS's defaults."""
    command = dict(definition.get("Command") or {})
    kind = command.get("Name")
    if kind not in COMMANDS:
        raise _invalid(f"Command {kind!r} is not emulated; valid: {', '.join(COMMANDS)}")
    if not re.match(r"s3a?://[^/]+/.+", command.get("ScriptLocation") or ""):
        raise _invalid(
            f"ScriptLocation {command.get('ScriptLocation')!r} is not valid; expected "
            "s3://bucket/key"
        )
    if not definition.get("Role"):
        raise _invalid("Role is required")
    version = definition.get("GlueVersion") or DEFAULT_VERSION
    if version not in GLUE_VERSIONS:
        raise _invalid(
            f"Glue version {version} is not supported; valid: {', '.join(GLUE_VERSIONS)}"
        )
    command.setdefault("PythonVersion", "3")
    result = {
        "Description": "",
        "DefaultArguments": {},
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        **_timeout(kind, version),
        "JobMode": "SCRIPT",
        "ExecutionClass": "STANDARD",
        **definition,
        "Command": command,
        "GlueVersion": version,
        **capacity(definition, kind),
    }
    if "Timeout" in result:
        check_timeout(result["Timeout"])
    if not 0 <= result["MaxRetries"] <= 10:
        raise _invalid(f"MaxRetries {result['MaxRetries']} is not between 0 and 10")
    if result["ExecutionProperty"].get("MaxConcurrentRuns", 1) < 1:
        raise _invalid("MaxConcurrentRuns must be at least 1")
    check_arguments(result["DefaultArguments"])
    return result


def _timeout(kind: str, version: str) -> JsonDict:
    """The timeout where none is given; streaming jobs have none ("Job", "Timeout")."""
    if kind == "gluestreaming":
        return {}
    return {"Timeout": 480 if version.startswith("5.") else 2880}


def capacity(given: JsonDict, kind: str) -> JsonDict:
    """MaxCapacity, WorkerType and NumberOfWorkers, consistent with each other."""
    workers, worker_type = given.get("NumberOfWorkers"), given.get("WorkerType")
    if workers is None and worker_type is None:
        default = 0.0625 if kind == "pythonshell" else 10.0
        units = float(given.get("MaxCapacity") or given.get("AllocatedCapacity") or default)
        return {"MaxCapacity": units, "AllocatedCapacity": int(units)}
    if given.get("MaxCapacity"):
        raise _invalid("Please do not set Max Capacity if using Worker Type and Number of Workers.")
    if workers is None or worker_type is None:
        raise _invalid("Worker Type and Number of Workers must be set together.")
    if workers < 1:
        raise _invalid("Number of Workers must be at least 1.")
    units = workers * WORKER_TYPES.get(worker_type, WORKER_TYPES["G.1X"]).dpus
    return {
        "WorkerType": worker_type,
        "NumberOfWorkers": workers,
        "MaxCapacity": units,
        "AllocatedCapacity": int(units),
    }


def _invalid(message: str) -> CommonServiceException:
    return aws_error("InvalidInputException", message)
