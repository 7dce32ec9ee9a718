"""What training, transform, processing and tuning jobs have in common: states, times, stopping.

Amazon SageMaker API Reference, "DescribeTrainingJob", "DescribeTransformJob",
"DescribeProcessingJob" and "DescribeHyperParameterTuningJob": InProgress, then Completed, Failed,
or Stopping and Stopped.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable
from typing import Any, ClassVar, Self

from lakestack import changes, clock
from lakestack.services.sagemaker import state_changes
from lakestack.services.sagemaker.validation import validation_error
from lakestack.services.state_events import EventType
from lakestack.store import Ending

LOG = logging.getLogger(__name__)
MAX_FAILURE_REASON = 1024
LOST = (
    "InternalServerError: the emulator ended while the job ran, and was started again with its "
    "saved state; create the job again under another name"
)
Terminate = Callable[[float], None]


class Job:
    """One job. All methods are safe to call from several threads.

    Args:
        request: of its Create operation, already checked

    Attributes:
        KIND: its name in members, such as ``TransformJob``
        NOUN: its name in sentences
        EVENT: of its state changes
        started: when its work began; None before
        ended: when it entered its last state; None before
        stop_requested: set once it is to stop
    """

    KIND: ClassVar[str]
    NOUN: ClassVar[str]
    EVENT: ClassVar[EventType]
    SAVED: ClassVar[tuple[str, ...]] = (
        *("arn", "request", "status", "created", "modified", "started", "ended"),
        "failure_reason",
    )

    def __init__(self, account: str, region: str, arn: str, request: dict[str, Any]) -> None:
        self.account, self.region, self.arn, self.request = account, region, arn, request
        self.name: str = request[f"{self.KIND}Name"]
        self.status = "InProgress"
        self.created = self.modified = clock.utc()
        self.started: datetime.datetime | None = None
        self.ended: datetime.datetime | None = None
        self.failure_reason: str | None = None
        self.stop_requested = threading.Event()
        self._lock = threading.RLock()
        self._terminate: Terminate | None = None
        self._runner: threading.Thread | None = None

    def run(self, work: Callable[[], str | None]) -> None:
        """Do the job's work in a thread of its own.

        Args:
            work: returns the FailureReason; None when it has succeeded
        """

        def run() -> None:
            try:
                reason = work()
            except Exception as e:
                LOG.exception("%s %s", self.NOUN, self.name)
                reason = f"InternalServerError: {type(e).__name__}: {e}"
            self.finish(reason)

        self.run_in(run)

    def run_in(self, target: Callable[[], None]) -> None:
        """Let a thread do the job's work, which enters the last state itself."""
        self._runner = threading.Thread(
            target=target, name=f"{self.NOUN.replace(' ', '-')}-{self.name}", daemon=True
        )
        self._tell()
        self._runner.start()

    def event_detail(self) -> dict[str, Any]:
        """What Describe returns, for the event of a state change."""
        raise NotImplementedError

    def begin(self) -> None:
        """The work itself begins: its instances are there."""
        with self._lock:
            self.started = self.modified = clock.utc()

    def finish(self, reason: str | None) -> None:
        """Enter the last state; everything that belongs to it must be recorded before.

        Args:
            reason: FailureReason; None when nothing failed
        """
        with self._lock:
            if self.stop_requested.is_set():
                self.end("Stopped")
            elif reason is not None:
                self.end("Failed", reason)
            else:
                self.end("Completed")

    def end(self, status: str, reason: str | None = None, state: str | None = None) -> None:
        """Enter a last state; everything that belongs to it must be recorded before.

        Args:
            status: Completed, Failed or Stopped
            reason: FailureReason
            state: as `_enter` takes it; None: the status
        """
        with self._lock:
            self._enter(state or status)
            self.status, self.ended = status, self.modified
            self._terminate = None
            if reason is not None:
                self.failure_reason = reason[:MAX_FAILURE_REASON]
            self._tell()
        changes.note()

    def attach(self, terminate: Terminate) -> None:
        """Let a stop reach what runs; one that came before reaches it at once.

        Args:
            terminate: ends it, within so many seconds
        """
        with self._lock:
            self._terminate = terminate
            late = self.stop_requested.is_set()
        if late:
            terminate(0.0)

    def stop(self, grace: float) -> None:
        """Ask the job to stop; what runs has `grace` seconds to end by itself.

        Raises:
            CommonServiceException: ValidationException, the job has ended
        """
        with self._lock:
            if self.status not in ("InProgress", "Stopping"):
                raise validation_error(
                    f"The request was rejected because the {self.NOUN} is in status {self.status}."
                )
            if self.stop_requested.is_set():
                return
            self.stop_requested.set()
            self.status = "Stopping"
            self._enter("Stopping")
            self._tell()
        self._reach(grace)

    def shut_down(self, grace: float) -> list[Ending]:
        """End the job if it runs, whoever has asked before; returns what ends."""
        with self._lock:
            if self._runner is None or self.ended is not None:
                return []
            if not self.stop_requested.is_set():
                self.stop(grace)
            else:
                self._reach(grace)
        return [Ending.of(self._runner)]

    def snapshot(self) -> dict[str, Any]:
        """As plain data."""
        with self._lock:
            return {name: getattr(self, name) for name in self.SAVED}

    @classmethod
    def restored(cls, account: str, region: str, saved: dict[str, Any]) -> Self:
        """The job of a snapshot."""
        job = cls(account, region, saved["arn"], saved["request"])
        for name in cls.SAVED:
            setattr(job, name, saved[name])
        return job

    def lost(self) -> None:
        """End a restored job whose process is gone."""
        with self._lock:
            if self.ended is None:
                self.finish(LOST)

    def identity(self) -> dict[str, Any]:
        """Name, ARN, state and times: what Describe and List both have."""
        with self._lock:
            answer: dict[str, Any] = {
                f"{self.KIND}Name": self.name,
                f"{self.KIND}Arn": self.arn,
                f"{self.KIND}Status": self.status,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
            }
            if self.failure_reason:
                answer["FailureReason"] = self.failure_reason
            return answer

    def _enter(self, _state: str, /) -> None:
        """Note that a state begins; a training job keeps them, and has finer ones."""
        self.modified = clock.utc()

    def _tell(self) -> None:
        detail = self.event_detail()
        state_changes.publish(self.EVENT, self.account, self.region, self.arn, detail)

    def _reach(self, grace: float) -> None:
        terminate = self._terminate
        if terminate is not None:
            threading.Thread(
                target=terminate, args=(grace,), name=f"stop-{self.name}", daemon=True
            ).start()
