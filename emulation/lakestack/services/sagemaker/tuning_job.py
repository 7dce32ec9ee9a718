"""A tuning job and its training jobs: what Describe and List return.

Amazon SageMaker API Reference, "DescribeHyperParameterTuningJob" and
"HyperParameterTrainingJobSummary".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestack.services.sagemaker.jobs import Job
from lakestack.services.sagemaker.members import without
from lakestack.services.sagemaker.training_job import TrainingJob
from lakestack.services.state_events import types

Jobs = Mapping[str, TrainingJob]


class TuningJob(Job):
    """One tuning job. Its training jobs are kept with all others; methods are given those.

    Attributes:
        trials: values of the tuned hyperparameters, by the training job's name, in order of start
        target_reached: the objective has reached TargetObjectiveMetricValue
        jobs: all training jobs of its account and region, once it runs
    """

    KIND, NOUN = "HyperParameterTuningJob", "hyperparameter tuning job"
    EVENT = types.SAGEMAKER_TUNING_JOB
    SAVED = (*Job.SAVED, "trials", "target_reached")

    def __init__(self, account: str, region: str, arn: str, request: dict[str, Any]) -> None:
        super().__init__(account, region, arn, request)
        self.trials: dict[str, dict[str, str]] = {}
        self.target_reached = False
        self.jobs: Jobs = {}

    @property
    def objective(self) -> dict[str, str]:
        """MetricName, and Type Minimize or Maximize."""
        found: dict[str, str] = self._settings["HyperParameterTuningJobObjective"]
        return found

    def add(self, name: str, values: dict[str, str]) -> None:
        """Note a training job that is about to start."""
        with self._lock:
            self.trials[name] = values

    def describe(self, jobs: Jobs) -> dict[str, Any]:
        """DescribeHyperParameterTuningJob's answer."""
        answer = {**without(self.request, "Tags"), **self._counted(jobs)}
        finals = {n: v for n in self._started(jobs) if (v := self._final(jobs[n])) is not None}
        if finals:
            answer["BestTrainingJob"] = self._trial(jobs[self._best(finals)])
        ran = [jobs[name] for name in self._started(jobs)]
        seconds = sum(job.describe().get("TrainingTimeInSeconds", 0) for job in ran)
        answer["ConsumedResources"] = {"RuntimeInSeconds": seconds}
        return answer

    def event_detail(self) -> dict[str, Any]:
        return self.describe(self.jobs)

    def summary(self, jobs: Jobs) -> dict[str, Any]:
        """The job's entry in ListHyperParameterTuningJobs."""
        settings = self._settings
        found = {name: settings[name] for name in ("Strategy", "ResourceLimits")}
        return {**without(self._counted(jobs), "FailureReason"), **found}

    def training_jobs(self, jobs: Jobs) -> list[dict[str, Any]]:
        """The entries of ListTrainingJobsForHyperParameterTuningJob, in order of start."""
        return [self._trial(jobs[name]) for name in self._started(jobs)]

    def known(self, jobs: Jobs) -> list[tuple[dict[str, str], float]]:
        """What has completed: values and objective, in order of start."""
        finals = [(name, self._final(jobs[name])) for name in self._started(jobs)]
        return [(self.trials[name], value) for name, value in finals if value is not None]

    def reaches_target(self, job: TrainingJob) -> bool:
        """Whether a training job's objective is as good as TargetObjectiveMetricValue."""
        criteria = self._settings.get("TuningJobCompletionCriteria") or {}
        target, value = criteria.get("TargetObjectiveMetricValue"), self._final(job)
        if target is None or value is None:
            return False
        return bool(value >= target if self.objective["Type"] == "Maximize" else value <= target)

    def failure(self, jobs: Jobs) -> str | None:
        """FailureReason once all training jobs have ended."""
        ran = [jobs[name] for name in self._started(jobs)]
        if ran and all(job.status == "Failed" for job in ran):
            return (
                "All training jobs failed. Please take a look at the training jobs failures to get "
                f"more details. ({ran[0].name}: {ran[0].failure_reason})"
            )
        if ran and all(self._final(job) is None for job in ran):
            return (
                "No training job has reported the objective metric "
                f"{self.objective['MetricName']}: see its Regex in MetricDefinitions."
            )
        return None

    @property
    def _settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self.request["HyperParameterTuningJobConfig"]
        return found

    def _started(self, jobs: Jobs) -> list[str]:
        with self._lock:
            return [name for name in self.trials if name in jobs]

    def _best(self, finals: dict[str, float]) -> str:
        choose = max if self.objective["Type"] == "Maximize" else min
        return choose(finals, key=lambda name: finals[name])

    def _counted(self, jobs: Jobs) -> dict[str, Any]:
        with self._lock:
            answer = self.identity()
            ended = {"HyperParameterTuningEndTime": self.ended} if self.ended else {}
        ran = [jobs[name] for name in self._started(jobs)]
        states = [job.status for job in ran]
        found = [_objective_status(job, self._final(job)) for job in ran]
        counted = {
            "Completed": states.count("Completed"),
            "InProgress": states.count("InProgress") + states.count("Stopping"),
            "RetryableError": 0,
            "NonRetryableError": states.count("Failed"),
            "Stopped": states.count("Stopped"),
        }
        objectives = {kind: found.count(kind) for kind in ("Succeeded", "Pending", "Failed")}
        return {
            **answer,
            **ended,
            "TrainingJobStatusCounters": counted,
            "ObjectiveStatusCounters": objectives,
        }

    def _final(self, job: TrainingJob) -> float | None:
        """The objective's last value, of a training job that has completed."""
        if job.status != "Completed":
            return None
        named = self.objective["MetricName"]
        return next((m["Value"] for m in job.metrics if m["MetricName"] == named), None)

    def _trial(self, job: TrainingJob) -> dict[str, Any]:
        described, value = job.describe(), self._final(job)
        copied = ("TrainingStartTime", "TrainingEndTime", "FailureReason")
        definition = self.request["TrainingJobDefinition"].get("DefinitionName")
        return {
            **({"TrainingJobDefinitionName": definition} if definition else {}),
            "TrainingJobName": job.name,
            "TrainingJobArn": job.arn,
            "CreationTime": job.created,
            "TrainingJobStatus": job.status,
            "TunedHyperParameters": dict(self.trials[job.name]),
            "ObjectiveStatus": _objective_status(job, value),
            **{name: described[name] for name in copied if name in described},
            **(
                {}
                if value is None
                else {
                    "FinalHyperParameterTuningJobObjectiveMetric": {
                        **self.objective,
                        "Value": value,
                    }
                }
            ),
        }


def _objective_status(job: TrainingJob, value: float | None) -> str:
    if job.ended is None:
        return "Pending"
    return "Failed" if value is None else "Succeeded"
