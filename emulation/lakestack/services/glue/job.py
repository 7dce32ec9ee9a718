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
from lakestack.services.glue.job_run import JobRun
from lakestack.services.glue.special_parameters import LIBRARY_SET
from lakestack.store import Ending

LOG = logging.getLogger(__name__)

JsonDict = dict[str, Any]
_SAVED = ("definition", "job_id", "created", "modified")

GLUE_VERSIONS = ("0.9", "1.0", "2.0", "3.0", "4.0", "5.0", "5.1")
DEFAULT_VERSION = "5.1"
COMMANDS = ("glueetl", "pythonshell")
_WORKER_DPU = {
    "Standard": 1.0,
    "G.025X": 0.25,
    "G.1X": 1.0,
    "G.2X": 2.0,
    "G.4X": 4.0,
    "G.8X": 8.0,
    "Z.2X": 2.0,
}


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
        """Start a run that a client asks for.

        Raises:
            ConcurrentRunsExceededException: as many are active as may be
            EntityNotFoundException: the job was deleted meanwhile
        """
        with self.lock:
            limit = self.max_concurrent_runs
            if sum(1 for other in self.runs if other.active) >= limit:
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

    def ended(self, run: JobRun) -> None:
        """Start the next attempt of a run that has failed, as MaxRetries says."""
        if run.state != "FAILED" or run.attempt >= self.definition["MaxRetries"]:
            return
        again = JobRun(
            self.account,
            self.region,
            run.settings,
            job_id=self.job_id,
            bookmarks=self.bookmarks,
            attempt=run.attempt + 1,
            previous=run.run_id,
            on_end=self.ended,
        )
        if self.begin_retry(again):
            LOG.info("Glue job %s: attempt %s after a failure", self.name, again.attempt)

    def shut_down(self) -> list[Ending]:
        """Stop the runs under way, and start none any more; returns what ends."""
        with self.lock:
            self._ended = True
            return [Ending.of(run.runner) for run in self.runs if run.stop()]

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
        raise _invalid(f"Command {kind!r} is not emulated; {' and '.join(COMMANDS)} are")
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
        "Timeout": 480 if version.startswith("5.") else 2880,
        "JobMode": "SCRIPT",
        "ExecutionClass": "STANDARD",
        **definition,
        "Command": command,
        "GlueVersion": version,
        **capacity(definition, kind),
    }
    check_timeout(result["Timeout"])
    if not 0 <= result["MaxRetries"] <= 10:
        raise _invalid(f"MaxRetries {result['MaxRetries']} is not between 0 and 10")
    if result["ExecutionProperty"].get("MaxConcurrentRuns", 1) < 1:
        raise _invalid("MaxConcurrentRuns must be at least 1")
    check_arguments(result["DefaultArguments"])
    return result


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
    units = workers * _WORKER_DPU.get(worker_type, 1.0)
    return {
        "WorkerType": worker_type,
        "NumberOfWorkers": workers,
        "MaxCapacity": units,
        "AllocatedCapacity": int(units),
    }


def check_timeout(minutes: int) -> None:
    """Check the timeout of a job or a run.

    Raises:
        InvalidInputException: not between 1 minute and 7 days
    """
    if not 1 <= minutes <= 10080:
        raise _invalid(f"Timeout {minutes} is not between 1 and 10080 minutes")


def check_arguments(arguments: JsonDict) -> None:
    """Check the names of a job's arguments.

    Raises:
        InvalidInputException: one does not begin with ``--``
    """
    for name in arguments:
        if not name.startswith("--") and name != LIBRARY_SET:
            raise _invalid(f"Argument {name!r} is not valid; a name begins with --")


def _invalid(message: str) -> CommonServiceException:
    return aws_error("InvalidInputException", message)
