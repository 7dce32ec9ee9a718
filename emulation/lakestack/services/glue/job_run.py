"""One run of a job: the script from S3 as a supervised process, watched to its end.

States as in the Developer Guide, "AWS Glue job run statuses": STARTING, RUNNING, then SUCCEEDED,
FAILED, TIMEOUT, or STOPPING and STOPPED.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lakestack import changes, clock, marks
from lakestack.errors import EmulationError
from lakestack.services.glue import job_arguments, python_modules, python_shell, state_changes
from lakestack.services.glue.bookmark import FILE_VARIABLE, BookmarkError, Bookmarks, Loan
from lakestack.services.glue.job_failure import FailureReader
from lakestack.services.glue.job_files import LaunchError, download
from lakestack.services.glue.spark.cluster import OnCluster, on_cluster
from lakestack.services.glue.triggers.origin import Origin, descent
from lakestack.services.logs.stream import BoundedLog, LogStream
from lakestack.services.processes import ManagedProcess, clean_environment

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
    *("started", "modified", "completed"),
)


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
        self._running_since: float | None = None  # on the steady clock, as the next
        self._ran_until: float | None = None
        self._bookmarks = bookmarks
        self._loan: Loan | None = None
        self._on_end = on_end
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._process: ManagedProcess | None = None
        self._mark = uuid.uuid4().hex
        self._on_cluster: OnCluster | None = None
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
            **{k: v for k, v in self.settings.items() if k not in {"Command", "JobId"}},
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
        workdir = Path(tempfile.gettempdir()) / "glue" / self.run_id
        state, error = "FAILED", "Internal service error"
        try:
            workdir.mkdir(parents=True)
            with (
                LogStream(self.account, self.region, OUTPUT_GROUP, self.run_id) as output,
                LogStream(self.account, self.region, ERROR_GROUP, self.run_id) as errors,
            ):
                state, error = self._execute(workdir, output, errors)
                state, error = self._keep_bookmark(state, error)
                if error:
                    errors.write(f"{state}: {error}")
        except Exception as e:
            LOG.exception("Glue job run %s failed inside the emulator", self.run_id)
            error = f"Internal service error: {type(e).__name__}: {e}"
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
        with self._lock:
            self.error = error or None
            self.completed, self._ran_until = clock.wall(), clock.steady()
            self._set(state)
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
            if self._on_cluster and not self._trouble:
                self._trouble = self._on_cluster.trouble(line)
                if self._trouble:
                    self._end_process()

        try:
            command, environment = self._prepare(workdir, errors)
        except (LaunchError, EmulationError, ValueError) as e:
            hint = f" → {e.hint}" if isinstance(e, EmulationError) and e.hint else ""
            return ("STOPPED", "") if self._stop.is_set() else ("FAILED", f"{e}{hint}")
        timeout = self.settings["Timeout"]
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
            code = process.wait(timeout * 60)
        except TimeoutError:
            process.terminate(STOP_GRACE_SECONDS)
            return "TIMEOUT", f"Job run timed out after {timeout} minutes"
        if self._stop.is_set():
            return "STOPPED", ""
        if code == 0 and not self._trouble:
            return "SUCCEEDED", ""
        # Spark prints the script's traceback on stdout, plain Python on stderr.
        reader = on_stdout if on_stdout.has_traceback else on_stderr
        return "FAILED", self._trouble or reader.message(code)

    def _keep_bookmark(self, state: str, error: str) -> tuple[str, str]:
        """Keep what the script committed; returns the run's final state and error message."""
        try:
            self._bookmarks.ended(self.run_id, self._loan)
        except BookmarkError as e:
            return ("FAILED", str(e)) if state == "SUCCEEDED" else (state, error)
        return state, error

    def _prepare(self, workdir: Path, errors: LogStream) -> tuple[list[str], dict[str, str]]:
        """Fetch what the script needs; returns its command and whole environment."""
        arguments: dict[str, str] = self.settings["Arguments"]
        special = job_arguments.special(arguments)
        for name in special.ignored:
            errors.write(f"{name} is accepted and has no effect in the emulator")
        for folder in ("script", "work", "extra", "jars", "home"):
            (workdir / folder).mkdir()
        script = self._download(self.settings["Command"]["ScriptLocation"], workdir / "script")
        files = [self._download(url, workdir / "work") for url in special.files]
        python_files = [self._download(url, workdir / "extra") for url in special.python_files]
        python_path = [job_arguments.python_path_entry(file) for file in python_files]
        modules = self._modules(special, workdir, errors)
        line = job_arguments.command_line(
            arguments, job_name=self.job_name, job_id=self.job_id, run_id=self.run_id
        )
        if self.settings["Command"]["Name"] == "pythonshell":
            command = [sys.executable, str(script), *line]
            extra = {"PYTHONPATH": str(python_shell.library(workdir))}
        else:
            self._loan = Loan.lend(self._bookmarks, arguments, workdir / "bookmark.json")
            self._on_cluster = self._cluster(errors, python_files, files, workdir)
            if modules and self._on_cluster:
                python_files.append(python_modules.packed(modules, workdir))
            command, extra = self._spark(script, line, special, workdir, errors)
        python_path += [modules] if modules else []
        entries = [*map(str, dict.fromkeys(python_path)), extra.get("PYTHONPATH", "")]
        if path := ":".join(filter(None, entries)):
            extra["PYTHONPATH"] = path
        if self._loan is not None:
            extra[FILE_VARIABLE] = str(self._loan.path)
        environment = clean_environment(
            self.account, self.region, workdir / "home", extra, what="a Glue job"
        )
        return command, {**environment, marks.PROCESS: self._mark}

    def _modules(
        self, special: job_arguments.SpecialParameters, workdir: Path, errors: LogStream
    ) -> Path | None:
        """The folder of modules that the emulator's Python lacks (`python_modules`)."""
        wanted = python_modules.modules(
            special.modules,
            special.module_options,
            lambda url: self._download(url, workdir / "extra"),
        )

        def pip(command: list[str], environment: dict[str, str]) -> int:
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

        return python_modules.environment(wanted, pip, errors.write)

    def _cluster(
        self, errors: LogStream, python_files: list[Path], files: list[Path], workdir: Path
    ) -> OnCluster | None:
        place = self.account, self.region, workdir / "home"
        # With the mark, so that executors end with the driver, at once.
        environment = {**clean_environment(*place, what="a Glue job"), marks.PROCESS: self._mark}
        return on_cluster(self.settings, environment, python_files, files, errors.write)

    def _spark(
        self,
        script: Path,
        line: list[str],
        special: job_arguments.SpecialParameters,
        workdir: Path,
        errors: LogStream,
    ) -> tuple[list[str], dict[str, str]]:
        from lakestack.services.glue.spark import jdbc_drivers
        from lakestack.services.glue.spark.command import spark_command

        words = [*line, *jdbc_drivers.connection_urls(self.account, self.region)]
        engines = jdbc_drivers.engines([script, *(workdir / "extra").iterdir()], words)
        command, extra = spark_command(
            script,
            line,
            workdir=workdir,
            worker_count=self.settings.get("NumberOfWorkers"),
            account=self.account,
            region=self.region,
            data_catalog=special.data_catalog,
            jars=[self._download(url, workdir / "jars") for url in special.jars],
            drivers=jdbc_drivers.jars(engines, errors.write),
            cluster=self._on_cluster,
        )
        if special.spark_conf:  # SparkSubmit's own options stand before the script
            at = command.index(str(script))
            command[at:at] = [part for conf in special.spark_conf for part in ("--conf", conf)]
        return command, extra

    def _download(self, url: str, folder: Path) -> Path:
        return download(self.account, self.region, url, folder)
