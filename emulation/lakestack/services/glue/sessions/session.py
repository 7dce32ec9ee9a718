"""A session: one Spark driver, from PROVISIONING over READY to STOPPED, TIMEOUT or FAILED.

AWS Glue Web API Reference, "Session"; AWS Glue Developer Guide, "Interactive sessions API" and
"Configuring AWS Glue interactive sessions for Jupyter and AWS Glue Studio notebooks" (the idle
timeout). The process is started as a job's is (`job_launch`), under the same confinement.
"""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack import clock, marks
from lakestack.errors import EmulationError
from lakestack.services.base import aws_error
from lakestack.services.glue.bookmark import Bookmarks
from lakestack.services.glue.job_failure import FailureReader, telling
from lakestack.services.glue.job_files import LaunchError
from lakestack.services.glue.job_launch import Launch
from lakestack.services.glue.run_folder import run_folder
from lakestack.services.glue.runtime.session import driver
from lakestack.services.glue.sessions.channel import Channel, ChannelError
from lakestack.services.glue.sessions.statement import Statement
from lakestack.services.logs.stream import BoundedLog, LogStream
from lakestack.services.processes import ManagedProcess
from lakestack.services.schedules.time import TIME
from lakestack.store import Ending

LOG = logging.getLogger(__name__)

JsonDict = dict[str, Any]

OUTPUT_GROUP = "/aws-glue/sessions/output"
ERROR_GROUP = "/aws-glue/sessions/error"
FINAL = ("STOPPED", "TIMEOUT", "FAILED")
STOP_GRACE_SECONDS = 5.0
LOST = "The emulator ended while the session was there, and was started again with its saved state"
_SAVED = ("definition", "status", "error", "created", "completed", "seconds")


class Session:
    """An interactive session.

    Args:
        definition: as the Session structure of the API shows it, without what changes
    """

    def __init__(self, account: str, region: str, definition: JsonDict) -> None:
        self.account, self.region, self.definition = account, region, definition
        self.name: str = definition["Id"]
        self.status = "PROVISIONING"
        self.error: str | None = None
        self.created = clock.wall()
        self.completed: float | None = None
        self.seconds = 0.0
        self.statements: list[Statement] = []
        self.runner = threading.Thread(
            target=self._run, name=f"glue-session-{self.name[:40]}", daemon=True
        )
        self._ready_since: float | None = None
        self._ready_at: datetime | None = None  # by the time of schedules, as the next
        self._idle_since: datetime | None = None
        self._lock = threading.RLock()
        self._wanted: str | None = None
        self._process: ManagedProcess | None = None
        self._channel: Channel | None = None
        self._mark = uuid.uuid4().hex

    @property
    def active(self) -> bool:
        return self.status not in FINAL

    def start(self) -> None:
        """Begin in a thread of its own."""
        self.runner.start()

    def stop(self, wanted: str = "STOPPED") -> bool:
        """Tell the process to end; False when it has ended, or was told to, already.

        Args:
            wanted: the status then
        """
        with self._lock:
            if self._wanted or not self.active:
                return False
            self._wanted, self.status = wanted, "STOPPING"
            process = self._process
        if process is not None:
            threading.Thread(
                target=process.terminate, args=(STOP_GRACE_SECONDS,), name="glue-stop", daemon=True
            ).start()
        return True

    def shut_down(self) -> list[Ending]:
        """End with its state; returns what ends."""
        self.stop()
        return [Ending.of(self.runner)] if self.runner.is_alive() else []

    def run(self, code: str) -> Statement:
        """Have a statement run, when those before it have.

        Raises:
            IllegalSessionStateException: the session is not READY
        """
        with self._lock:
            if self.status != "READY":
                raise illegal(self)
            statement = Statement(len(self.statements), code)
            self.statements.append(statement)
            self._next()
            return statement

    def statement(self, number: int) -> Statement:
        """The statement with this id.

        Raises:
            EntityNotFoundException: there is none
        """
        with self._lock:
            if 0 <= number < len(self.statements):
                return self.statements[number]
        raise aws_error(
            "EntityNotFoundException", f"Statement {number} of session {self.name} was not found"
        )

    def cancel(self, statement: Statement) -> None:
        """Interrupt a statement, or do not let it begin; one that has ended stays as it is."""
        with self._lock:
            if statement.state == "WAITING":
                statement.cancel()
            elif statement.state == "RUNNING" and self._channel is not None:
                statement.state = "CANCELLING"
                self._channel.say({"cancel": statement.number})

    def due(self, now: datetime) -> float | None:
        """Time the session out where it is time; seconds until it is, or None.

        Args:
            now: by the time of schedules
        """
        with self._lock:
            if self.status != "READY" or self._ready_at is None:
                return None
            ends = [self._ready_at + timedelta(minutes=self.definition["Timeout"])]
            if self._idle_since is not None:
                idle = timedelta(minutes=self.definition["IdleTimeout"])
                ends.append(self._idle_since + idle)
            left = (min(ends) - now).total_seconds()
        if left <= 0:
            self.stop("TIMEOUT")
        return left

    def as_api(self) -> JsonDict:
        """The Session structure of the API."""
        seconds = self._seconds()
        shown = {name: v for name, v in self.definition.items() if name != "Timeout"}
        return {
            **shown,
            "CreatedOn": self.created,
            "Status": self.status,
            "Progress": 0.0 if self.status == "PROVISIONING" else 1.0,
            "ExecutionTime": seconds,
            "DPUSeconds": seconds * self.definition["MaxCapacity"],
            **({"CompletedOn": self.completed} if self.completed else {}),
            **({"ErrorMessage": self.error} if self.error else {}),
        }

    def snapshot(self) -> JsonDict:
        """As plain data."""
        with self._lock:
            return {
                **{name: getattr(self, name) for name in _SAVED},
                "statements": [statement.snapshot() for statement in self.statements],
            }

    @classmethod
    def restored(cls, account: str, region: str, saved: JsonDict) -> Session:
        """The session of a snapshot."""
        session = cls(account, region, saved["definition"])
        for name in _SAVED:
            setattr(session, name, saved[name])
        session.statements = [Statement.restored(each) for each in saved["statements"]]
        return session

    def lost(self) -> None:
        """End a restored session whose process is gone."""
        if self.active:
            self._end("FAILED", LOST)

    def _seconds(self) -> float:
        if self._ready_since is None or self.completed:
            return self.seconds
        return clock.steady() - self._ready_since

    def _run(self) -> None:
        status, error = "FAILED", "Internal service error"
        try:
            with (
                run_folder(f"session-{uuid.uuid4().hex}") as workdir,
                LogStream(self.account, self.region, OUTPUT_GROUP, self.name) as output,
                LogStream(self.account, self.region, ERROR_GROUP, self.name) as errors,
                Channel() as channel,
            ):
                status, error = self._execute(workdir, output, errors, channel)
                if error:
                    errors.write(f"{status}: {error}")
        except Exception as e:
            LOG.exception("Glue session %s failed inside the emulator", self.name)
            error = f"Internal service error: {type(e).__name__}: {e}"
        self._end(status, error)

    def _execute(
        self, workdir: Path, output: LogStream, errors: LogStream, channel: Channel
    ) -> tuple[str, str]:
        """Start the process and follow it to its end; returns the status and the error message."""
        on_output, on_error = FailureReader(), FailureReader()
        kept_output, kept_errors = BoundedLog(output), BoundedLog(errors)

        def take_output(line: str) -> None:
            on_output.feed(line)
            kept_output.write(line)

        def take_error(line: str) -> None:
            on_error.feed(line)
            kept_errors.write(line)

        launch = Launch(
            *(self.account, self.region, self._settings(), Bookmarks(), workdir, errors),
            ids=(self.name, self.name, self.name),
            mark=self._mark,
            run=lambda command, environment: self._install(command, environment, workdir, errors),
            script=Path(driver.__file__),
        )
        try:
            command, environment = launch.prepare()
        except (LaunchError, EmulationError, ValueError) as e:
            hint = f" → {e.hint}" if isinstance(e, EmulationError) and e.hint else ""
            return (self._wanted, "") if self._wanted else ("FAILED", f"{e}{hint}")
        process = self._started(
            command,
            {**environment, driver.CHANNEL_VARIABLE: channel.address},
            workdir / "work",
            take_output,
            take_error,
        )
        if process is None:
            return self._wanted or "STOPPED", ""
        try:
            channel.accept(lambda: process.returncode is None)
            self._converse(channel)
        except ChannelError:
            LOG.debug("session %s: its process ended early", self.name)
        finally:
            with self._lock:
                self._channel = None
        if self._wanted is None:
            # A process that ends closes the channel first: its own exit code says why.
            try:
                process.wait(STOP_GRACE_SECONDS)
            except TimeoutError:
                process.terminate(STOP_GRACE_SECONDS)
        code = process.wait()
        if self._wanted:
            return self._wanted, ""
        return "FAILED", telling(on_output, on_error).message(code)

    def _converse(self, channel: Channel) -> None:
        for said in channel.documents():
            with self._lock:
                if "ready" in said and self._wanted is None:
                    self._channel = channel
                    self._ready_since, self._ready_at = clock.steady(), TIME.now()
                    self._idle_since = self._ready_at
                    self.status = "READY"
                elif "done" in said:
                    self.statements[said["done"]].finish(said)
                    self._idle_since = TIME.now()
                    self._next()

    def _next(self) -> None:
        """Send the statement that is due, if none runs; the lock is held."""
        active = [statement for statement in self.statements if statement.active]
        if active and active[0].state == "WAITING" and self._channel is not None:
            active[0].state, self._idle_since = "RUNNING", None
            self._channel.say({"run": active[0].number, "code": active[0].code})

    def _end(self, status: str, error: str) -> None:
        with self._lock:
            self.seconds = self._seconds()
            self.completed, self.error = clock.wall(), error or None
            for statement in self.statements:
                if statement.active and status == "FAILED":
                    statement.fail(error)
                elif statement.active:
                    statement.cancel()
            self.status = status

    def _settings(self) -> JsonDict:
        """What a job's run would have."""
        sizes = ("WorkerType", "NumberOfWorkers")
        return {
            "Command": self.definition["Command"],
            "Arguments": self.definition["DefaultArguments"],
            **{name: self.definition[name] for name in sizes if name in self.definition},
        }

    def _started(
        self, command: list[str], environment: dict[str, str], cwd: Path, output: Any, errors: Any
    ) -> ManagedProcess | None:
        """The process; None where the session was stopped meanwhile."""
        with self._lock:
            if self._wanted:
                return None
            self._process = ManagedProcess(
                command,
                env=environment,
                cwd=cwd,
                on_line=output,
                on_error_line=errors,
                name=f"Glue session {self.name}",
            )
            return self._process

    def _install(
        self, command: list[str], environment: dict[str, str], workdir: Path, errors: LogStream
    ) -> int:
        """Run what fetches modules that the session needs; returns its exit code."""
        place = {"AWS_ACCESS_KEY_ID": self.account, "AWS_REGION": self.region}
        marked = {**environment, **place, marks.PROCESS: self._mark}
        process = self._started(command, marked, workdir, errors.write, errors.write)
        return 1 if process is None else process.wait()


def illegal(session: Session) -> CommonServiceException:
    """The error for what cannot be done in the session's status."""
    return aws_error(
        "IllegalSessionStateException",
        f"Session {session.name} is in {session.status} status; a session that is READY can do it",
    )
