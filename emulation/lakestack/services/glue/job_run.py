"""One run of a job: the script from S3 as a supervised process, watched to its end.

States as in the Developer Guide, "AWS Glue job run statuses": STARTING, RUNNING, then SUCCEEDED,
FAILED, TIMEOUT, or STOPPING and STOPPED.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lakestack import changes, clock, marks
from lakestack.errors import EmulationError
from lakestack.services.glue import job_metrics, state_changes
from lakestack.services.glue.bookmark import BookmarkError, Bookmarks
from lakestack.services.glue.data_quality import results as data_quality_results
from lakestack.services.glue.job_failure import FailureReader, telling
from lakestack.services.glue.job_files import LaunchError
from lakestack.services.glue.job_launch import Launch
from lakestack.services.glue.run_folder import run_folder
from lakestack.services.glue.triggers.origin import Origin, descent
from lakestack.services.logs.stream import BoundedLog, LogStream
from lakestack.services.processes import ManagedProcess

LOG = logging.getLogger(__name__)

OUTPUT_GROUP = "/aws-glue/jobs/output"
ERROR_GROUP = "/aws-glue/jobs/error"
LOG_GROUP_PREFIX = "/aws-glue/jobs"
ACTIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")
STOP_GRACE_SECONDS = 5.0

LOST = (
    "The emulator ended while the run was under way, and was started again with its saved state; "
    "start the job again"
)
JsonDict = dict[str, Any]
_SAVED = (
    *("settings", "run_id", "attempt", "previous", "state", "error"),
    *("started", "modified", "completed", "quality_results"),
)
_OF_THE_JOB = frozenset({"Command", "Connections", "JobId"})
"""Settings that GetJobRun does not show."""


class JobRun:
    """A run of a job.

    Args:
        settings: the job's definition with the run's own over it, as GetJobRun shows them
        job_id: what the script gets as ``--JOB_ID``
        bookmarks: of the job; read at the start of a run and written at its end
        origin: what has started it, when that is no client
        on_end: called once when the final state is set, without locks
    """

    def __init__(
        self,
        account: str,
        region: str,
        settings: JsonDict,
        *,
        job_id: str,
        bookmarks: Bookmarks,
        attempt: int = 0,
        previous: str | None = None,
        origin: Origin | None = None,
        on_end: Callable[[JobRun], None],
    ) -> None:
        self.account, self.region, self.settings = account, region, settings
        self.job_name: str = settings["JobName"]
        self.job_id, self.attempt, self.previous = job_id, attempt, previous
        root = (previous or "").partition("_attempt_")[0] if attempt else ""
        self.run_id = (
            f"{root}_attempt_{attempt}" if root else f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}"
        )
        self.state = "STARTING"
        self.error: str | None = None
        self.detail = ""
        self.origin = origin
        self.started = self.modified = clock.wall()
        self.completed: float | None = None
        self.quality_results: list[JsonDict] = []
        self._running_since: float | None = None  # on the steady clock, as the next
        self._ran_until: float | None = None
        self._bookmarks = bookmarks
        self._launch: Launch | None = None
        self._on_end = on_end
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._process: ManagedProcess | None = None
        self._mark = uuid.uuid4().hex
        self._trouble: str | None = None  # of the cluster, that ends the run
        self._delay = state_changes.DelayNotice(self)
        self.runner = threading.Thread(
            target=self._run, name=f"glue-{self.run_id[:12]}", daemon=True
        )

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def start(self) -> None:
        """Begin in a thread of its own."""
        with self._lock:
            if not self._stop.is_set():
                self._set("STARTING")
                self._delay.begin()
                self.runner.start()

    def wait_for(self, detail: str) -> None:
        """Wait to be started, for a reason."""
        self.detail = detail
        self._set("WAITING")

    def fail(self, message: str | None, state: str = "FAILED") -> None:
        """End before the begin."""
        self.error, self.completed = message, clock.wall()
        self._set(state)

    def stop(self) -> bool:
        """Ask the run to end; False when it has ended already."""
        with self._lock:
            if not self.active:
                return False
            self._stop.set()
            if waits := self.state == "WAITING":
                self.fail(None, "STOPPED")
            else:
                self._set("STOPPING")
        if waits:
            self._on_end(self)
        self._end_process()
        return True

    def _end_process(self) -> None:
        """Let it end, without waiting for it."""
        with self._lock:
            process = self._process
        if process is not None:
            threading.Thread(
                target=process.terminate, args=(STOP_GRACE_SECONDS,), name="glue-stop", daemon=True
            ).start()

    def as_api(self) -> JsonDict:
        """The JobRun structure of the API; ExecutionTime in whole seconds."""
        return {
            **{k: v for k, v in self.settings.items() if k not in _OF_THE_JOB},
            "JobName": self.job_name,
            "JobRunState": self.state,
            "StartedOn": self.started,
            "LastModifiedOn": self.modified,
            "ExecutionTime": round(self._seconds()),
            "LogGroupName": LOG_GROUP_PREFIX,
            **({"CompletedOn": self.completed} if self.completed else {}),
            **({"ErrorMessage": self.error} if self.error else {}),
            **({"StateDetail": self.detail} if self.state == "WAITING" else {}),
            **descent(self.run_id, self.attempt, self.previous, self.origin),
        }

    def snapshot(self) -> JsonDict:
        """As plain data."""
        with self._lock:
            return {
                **{name: getattr(self, name) for name in _SAVED},
                "seconds": self._seconds() if self.completed else None,
                "origin": self.origin.snapshot() if self.origin else None,
            }

    @classmethod
    def restored(
        cls,
        account: str,
        region: str,
        saved: JsonDict,
        *,
        job_id: str,
        bookmarks: Bookmarks,
        on_end: Callable[[JobRun], None],
    ) -> JobRun:
        """The run of a snapshot."""
        run = cls(
            account, region, saved["settings"], job_id=job_id, bookmarks=bookmarks, on_end=on_end
        )
        for name in _SAVED:
            setattr(run, name, saved[name])
        run.origin = Origin.restored(saved["origin"])
        if saved["seconds"] is not None:
            run._running_since, run._ran_until = 0.0, saved["seconds"]
        return run

    def lost(self) -> None:
        """End a restored run whose process is gone."""
        if self.active:
            self.error = LOST
            self.completed = clock.wall()
            self._bookmarks.ended(self.run_id, None)
            self._set("FAILED")

    def _seconds(self) -> float:
        if self._running_since is None:
            return 0.0
        until = clock.steady() if self._ran_until is None else self._ran_until
        return until - self._running_since

    def _set(self, state: str) -> None:
        self.state, self.modified = state, clock.wall()
        self._delay.entered()
        if not self.active:
            state_changes.job_ended(self)

    def _run(self) -> None:
        state, error = "FAILED", "Internal service error"
        try:
            with (
                run_folder(self.run_id) as workdir,
                LogStream(self.account, self.region, OUTPUT_GROUP, self.run_id) as output,
                LogStream(self.account, self.region, ERROR_GROUP, self.run_id) as errors,
            ):
                state, error = self._execute(workdir, output, errors)
                state, error = self._keep_bookmark(state, error)
                self.quality_results = data_quality_results.collect(
                    workdir,
                    data_quality_results.Origin.job(
                        *(self.account, self.region, self.started, self.job_name, self.run_id)
                    ),
                )
                if error:
                    errors.write(f"{state}: {error}")
        except Exception as e:
            LOG.exception("Glue job run %s failed inside the emulator", self.run_id)
            error = f"Internal service error: {type(e).__name__}: {e}"
        with self._lock:
            self.error = error or None
            self.completed, self._ran_until = clock.wall(), clock.steady()
            self._set(state)
        job_metrics.publish(
            *(self.account, self.region, self.job_name, self.run_id),
            *(self._seconds(), self.settings["Arguments"]),
        )
        changes.note()
        self._on_end(self)

    def _execute(self, workdir: Path, output: LogStream, errors: LogStream) -> tuple[str, str]:
        """Run the script; returns the final state and the error message ("" for none)."""
        on_stdout, on_stderr = FailureReader(), FailureReader()

        kept_output, kept_errors = BoundedLog(output), BoundedLog(errors)

        def on_output(line: str) -> None:
            on_stdout.feed(line)
            kept_output.write(line)

        def on_error(line: str) -> None:
            on_stderr.feed(line)
            kept_errors.write(line)
            if launch.cluster and not self._trouble:
                self._trouble = launch.cluster.trouble(line)
                if self._trouble:
                    self._end_process()

        launch = self._launch = Launch(
            *(self.account, self.region, self.settings, self._bookmarks, workdir, errors),
            ids=(self.job_name, self.job_id, self.run_id),
            mark=self._mark,
            run=lambda command, environment: self._install(command, environment, workdir, errors),
        )
        try:
            command, environment = launch.prepare()
        except (LaunchError, EmulationError, ValueError) as e:
            hint = f" → {e.hint}" if isinstance(e, EmulationError) and e.hint else ""
            return ("STOPPED", "") if self._stop.is_set() else ("FAILED", f"{e}{hint}")
        timeout = self.settings.get("Timeout")  # minutes; streaming jobs have none
        with self._lock:
            if self._stop.is_set():
                return "STOPPED", ""
            self._process = process = ManagedProcess(
                command,
                env=environment,
                cwd=workdir / "work",
                on_line=on_output,
                on_error_line=on_error,
                name=f"Glue job {self.job_name}",
            )
            self._running_since = clock.steady()
            self._set("RUNNING")
        try:
            code = process.wait(None if timeout is None else timeout * 60)
        except TimeoutError:
            process.terminate(STOP_GRACE_SECONDS)
            return "TIMEOUT", f"Job run timed out after {timeout} minutes"
        if self._stop.is_set():
            return "STOPPED", ""
        if code == 0 and not self._trouble:
            return "SUCCEEDED", ""
        return "FAILED", self._trouble or telling(on_stdout, on_stderr).message(code)

    def _keep_bookmark(self, state: str, error: str) -> tuple[str, str]:
        """Keep what the script committed; returns the run's final state and error message."""
        try:
            self._bookmarks.ended(self.run_id, self._launch.loan if self._launch else None)
        except BookmarkError as e:
            return ("FAILED", str(e)) if state == "SUCCEEDED" else (state, error)
        return state, error

    def _install(
        self, command: list[str], environment: dict[str, str], workdir: Path, errors: LogStream
    ) -> int:
        """Run what fetches modules that the script needs; returns its exit code."""
        place = {"AWS_ACCESS_KEY_ID": self.account, "AWS_REGION": self.region}
        with self._lock:
            if self._stop.is_set():
                return 1
            self._process = process = ManagedProcess(
                command,
                env={**environment, **place, marks.PROCESS: self._mark},
                cwd=workdir,
                on_line=errors.write,
                name=f"modules of Glue job {self.job_name}",
            )
        return process.wait()
