"""A training job's state: status, secondary status transitions, what Describe returns.

Amazon SageMaker API Reference, "DescribeTrainingJob" and "SecondaryStatusTransition".
"""

from __future__ import annotations

import datetime
import threading
from typing import Any

from lakestack import changes, clock
from lakestack.services.processes import ManagedProcess
from lakestack.services.sagemaker import state_changes
from lakestack.services.sagemaker.jobs import LOST, MAX_FAILURE_REASON
from lakestack.services.sagemaker.validation import validation_error
from lakestack.services.state_events import types
from lakestack.store import Ending

MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training job in progress",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job exceeded its maximum run time",
    "Failed": "Training job failed",
}
_COPIED = (
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "DebugHookConfig",
    "ExperimentConfig",
    "DebugRuleConfigurations",
    "TensorBoardOutputConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "Environment",
    "RetryStrategy",
    "RemoteDebugConfig",
    "InfraCheckConfig",
    "TuningJobArn",
)

_DEFAULTS = {
    "EnableNetworkIsolation": False,
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": False,
}
"""API Reference, "DescribeTrainingJob": what was not asked for is shown as false."""

_SAVED = (
    *("arn", "request", "status", "secondary", "created", "modified", "started", "ended"),
    *("failure_reason", "model_artifacts", "metrics"),
)


class TrainingJob:
    """One training job. All methods are safe to call from several threads.

    Args:
        request: CreateTrainingJob's request, already checked
    """

    def __init__(self, account: str, region: str, arn: str, request: dict[str, Any]) -> None:
        self.account, self.region, self.arn, self.request = account, region, arn, request
        self.name: str = request["TrainingJobName"]
        self.status, self.secondary = "InProgress", "Starting"
        self.created = self.modified = clock.utc()
        self.started: datetime.datetime | None = None
        self.ended: datetime.datetime | None = None
        self._began = self._stopped = clock.steady()
        self.failure_reason: str | None = None
        self.model_artifacts: str | None = None
        self.metrics: list[dict[str, Any]] = []
        self.stop_requested = threading.Event()
        self._lock = threading.RLock()
        self._process: ManagedProcess | None = None
        self._transitions: list[dict[str, Any]] = []
        self._runner: threading.Thread | None = None
        self._enter("Starting")

    def advance(self, secondary: str) -> None:
        """Enter a secondary status."""
        with self._lock:
            self._enter(secondary)
            self._tell()

    def _enter(self, secondary: str) -> None:
        with self._lock:
            self.modified = clock.utc()
            self.secondary = secondary
            if self._transitions:
                self._transitions[-1].setdefault("EndTime", self.modified)
            self._transitions.append(
                {
                    "Status": secondary,
                    "StartTime": self.modified,
                    "StatusMessage": MESSAGES[secondary],
                }
            )
            if secondary == "Downloading":
                self.started = self.modified
                self._began = clock.steady()

    def finish(self, status: str, secondary: str, reason: str | None = None) -> None:
        """Enter a final status: everything that belongs to it must be recorded before."""
        with self._lock:
            if reason is not None:
                self.failure_reason = reason[:MAX_FAILURE_REASON]
            self._enter(secondary)
            self.ended, self._stopped = self.modified, clock.steady()
            if self.started is None:
                self._began = self._stopped
            self._transitions[-1]["EndTime"] = self.ended
            self.status = status
            self._process = None
            self._tell()
        changes.note()

    def _tell(self) -> None:
        kind = types.SAGEMAKER_TRAINING_JOB
        state_changes.publish(kind, self.account, self.region, self.arn, self.describe())

    def attach(self, process: ManagedProcess) -> None:
        """Let StopTrainingJob reach the script; if it was faster, the script ends at once."""
        with self._lock:
            self._process = process

    def stop(self, grace: float) -> None:
        """Ask the job to stop: SIGTERM now, SIGKILL after `grace` seconds.

        Raises:
            CommonServiceException: ValidationException, the job has ended
        """
        with self._lock:
            if self.status not in ("InProgress", "Stopping"):
                raise validation_error(
                    f"The request was rejected because the training job is in status {self.status}."
                )
            if self.stop_requested.is_set():
                return
            self.stop_requested.set()
            self.status = "Stopping"
            self.advance("Stopping")
            process = self._process
        if process is not None:
            threading.Thread(
                target=process.terminate, args=(grace,), name=f"stop-{self.name}", daemon=True
            ).start()

    def run_in(self, runner: threading.Thread) -> None:
        """Let a thread do the job's work."""
        self._runner = runner
        self._tell()
        runner.start()

    def settled(self, timeout: float) -> bool:
        """Wait for the job's end; whether it came within so many seconds."""
        if self._runner is not None:
            self._runner.join(timeout)
        return self.ended is not None

    def shut_down(self, grace: float) -> list[Ending]:
        """End the job if it runs, whoever has asked before; returns what ends."""
        with self._lock:
            if self._runner is None or self.ended is not None:
                return []
            process = self._process
            if not self.stop_requested.is_set():
                self.stop(grace)
            elif process is not None:  # StopTrainingJob gives it longer
                ending = threading.Thread(target=process.terminate, args=(grace,), daemon=True)
                ending.start()
        return [Ending.of(self._runner)]

    def snapshot(self) -> dict[str, Any]:
        """As plain data."""
        with self._lock:
            return {
                **{name: getattr(self, name) for name in _SAVED},
                "seconds": self._stopped - self._began,
                "transitions": [dict(each) for each in self._transitions],
            }

    @classmethod
    def restored(cls, account: str, region: str, saved: dict[str, Any]) -> TrainingJob:
        """The job of a snapshot."""
        job = cls(account, region, saved["arn"], saved["request"])
        for name in _SAVED:
            setattr(job, name, saved[name])
        job._began, job._stopped = 0.0, saved["seconds"]
        job._transitions = [dict(each) for each in saved["transitions"]]
        return job

    def lost(self) -> None:
        """End a restored job whose process is gone."""
        with self._lock:
            if self.ended is None:
                self._began = self._stopped = clock.steady()
                self.finish("Failed", "Failed", LOST)

    def describe(self) -> dict[str, Any]:
        """DescribeTrainingJob's answer."""
        with self._lock:
            answer: dict[str, Any] = {
                "TrainingJobName": self.name,
                "TrainingJobArn": self.arn,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self.secondary,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "SecondaryStatusTransitions": [dict(t) for t in self._transitions],
                "FinalMetricDataList": list(self.metrics),
                **_DEFAULTS,
                **{name: self.request[name] for name in _COPIED if name in self.request},
            }
            # Clients read the key of an output that is not encrypted: it is empty, not missing.
            answer["OutputDataConfig"] = {"KmsKeyId": "", **self.request["OutputDataConfig"]}
            if self.model_artifacts:
                answer["ModelArtifacts"] = {"S3ModelArtifacts": self.model_artifacts}
            if self.failure_reason:
                answer["FailureReason"] = self.failure_reason
            if self.started:
                answer["TrainingStartTime"] = self.started
            if self.ended:
                answer["TrainingEndTime"] = self.ended
                seconds = self._stopped - self._began
                # both are whole seconds; AWS bills what the instances ran
                answer["TrainingTimeInSeconds"] = max(1, round(seconds))
                answer["BillableTimeInSeconds"] = max(1, round(seconds))
            return answer

    def summary(self) -> dict[str, Any]:
        """The job's entry in ListTrainingJobs."""
        with self._lock:
            entry = {
                "TrainingJobName": self.name,
                "TrainingJobArn": self.arn,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self.secondary,
            }
            if self.ended:
                entry["TrainingEndTime"] = self.ended
            return entry
