"""A training job's state: status, secondary status transitions, what Describe returns.

Amazon SageMaker API Reference, "DescribeTrainingJob" and "SecondaryStatusTransition".
"""

from __future__ import annotations

from typing import Any, Self

from lakestack import clock
from lakestack.services.sagemaker.jobs import Job
from lakestack.services.state_events import types

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

_LAST = frozenset({"Completed", "Failed", "MaxRuntimeExceeded", "Stopped"})


class TrainingJob(Job):
    """One training job. All methods are safe to call from several threads.

    Args:
        request: CreateTrainingJob's request, already checked
    """

    KIND, NOUN, EVENT = "TrainingJob", "training job", types.SAGEMAKER_TRAINING_JOB
    SAVED = (*Job.SAVED, "secondary", "model_artifacts", "metrics")

    def __init__(self, account: str, region: str, arn: str, request: dict[str, Any]) -> None:
        super().__init__(account, region, arn, request)
        self.secondary = ""
        self.model_artifacts: str | None = None
        self.metrics: list[dict[str, Any]] = []
        self._began = self._stopped = clock.steady()
        self._transitions: list[dict[str, Any]] = []
        self._enter("Starting")

    def advance(self, secondary: str) -> None:
        """Enter a secondary status."""
        with self._lock:
            self._enter(secondary)
            self._tell()

    def settled(self, timeout: float) -> bool:
        """Wait for the job's end; whether it came within so many seconds."""
        if self._runner is not None:
            self._runner.join(timeout)
        return self.ended is not None

    def snapshot(self) -> dict[str, Any]:
        with self._lock:
            return {
                **super().snapshot(),
                "seconds": self._stopped - self._began,
                "transitions": [dict(each) for each in self._transitions],
            }

    @classmethod
    def restored(cls, account: str, region: str, saved: dict[str, Any]) -> Self:
        job = super().restored(account, region, saved)
        job._began, job._stopped = 0.0, saved["seconds"]
        job._transitions = [dict(each) for each in saved["transitions"]]
        return job

    def lost(self) -> None:
        with self._lock:
            if self.ended is None:
                self._began = clock.steady()
            super().lost()

    def event_detail(self) -> dict[str, Any]:
        return self.describe()

    def _enter(self, state: str, /) -> None:
        with self._lock:
            super()._enter(state)
            self.secondary = state
            if self._transitions:
                self._transitions[-1].setdefault("EndTime", self.modified)
            entry = {"Status": state, "StartTime": self.modified, "StatusMessage": MESSAGES[state]}
            self._transitions.append(entry)
            if state == "Downloading":
                self.started, self._began = self.modified, clock.steady()
            if state in _LAST:
                entry["EndTime"], self._stopped = self.modified, clock.steady()
                if self.started is None:
                    self._began = self._stopped

    def describe(self) -> dict[str, Any]:
        """DescribeTrainingJob's answer."""
        with self._lock:
            answer: dict[str, Any] = {
                **self.identity(),
                "SecondaryStatus": self.secondary,
                "SecondaryStatusTransitions": [dict(t) for t in self._transitions],
                "FinalMetricDataList": list(self.metrics),
                **_DEFAULTS,
                **{name: self.request[name] for name in _COPIED if name in self.request},
            }
            # Clients read the key of an output that is not encrypted: it is empty, not missing.
            answer["OutputDataConfig"] = {"KmsKeyId": "", **self.request["OutputDataConfig"]}
            if self.model_artifacts:
                answer["ModelArtifacts"] = {"S3ModelArtifacts": self.model_artifacts}
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
            entry = {**self.identity(), "SecondaryStatus": self.secondary}
            entry.pop("FailureReason", None)  # TrainingJobSummary has none
            if self.ended:
                entry["TrainingEndTime"] = self.ended
            return entry
