"""Runs a tuning job: training jobs over its ranges, so many beside each other."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from lakestack.services.sagemaker import training
from lakestack.services.sagemaker.state import SagemakerState
from lakestack.services.sagemaker.training_job import TrainingJob
from lakestack.services.sagemaker.tuning.bayesian import BayesianSearch
from lakestack.services.sagemaker.tuning.checks import BAYESIAN, GRID, training_request, trials_of
from lakestack.services.sagemaker.tuning.ranges import Values, grid, random_search, ranges_of
from lakestack.services.sagemaker.tuning_job import TuningJob

POLL_SECONDS = 0.05


def start(job: TuningJob, state: SagemakerState) -> None:
    """Run the job in a thread of its own.

    Args:
        state: where its training jobs are kept, as long as that is not reset
    """
    job.jobs = state.training_jobs
    job.run(lambda: _Run(job, state).work())


class _Run:
    """One run of one job."""

    def __init__(self, job: TuningJob, state: SagemakerState) -> None:
        self.job, self.state = job, state
        self.settings = job.request["HyperParameterTuningJobConfig"]
        self.parallel = self.settings["ResourceLimits"]["MaxParallelTrainingJobs"]
        self.running: list[TrainingJob] = []

    def work(self) -> str | None:
        """Run all training jobs; returns the FailureReason."""
        self.job.begin()
        self.job.attach(self._stop_all)
        search = self._search()
        for number in range(1, trials_of(self.job.request) + 1):
            if not self._room() or not self._start(number, search()):
                break
        while self.running:
            self._look()
        return self.job.failure(self.state.training_jobs)

    def _search(self) -> Callable[[], Values]:
        """What gives the next combination."""
        ranges, seed = ranges_of(self.settings["ParameterRanges"]), self.settings.get("RandomSeed")
        if self.settings["Strategy"] == BAYESIAN:
            bayesian = BayesianSearch(ranges, self.job.objective["Type"] == "Maximize", seed)
            return lambda: bayesian.next(
                self.job.known(self.state.training_jobs), [self._tried(t) for t in self.running]
            )
        given = grid(ranges) if self.settings["Strategy"] == GRID else random_search(ranges, seed)
        return lambda: next(given)

    def _tried(self, trial: TrainingJob) -> Values:
        return self.job.trials[trial.name]

    def _room(self) -> bool:
        """Wait until another may start; False when none shall."""
        while len(self.running) >= self.parallel and not self._over():
            self._look()
        return not self._over()

    def _over(self) -> bool:
        return self.job.stop_requested.is_set() or self.job.target_reached

    def _start(self, number: int, values: Values) -> bool:
        """Start a training job; False when there is nowhere to keep it any more."""
        name = f"{self.job.name}-{number:03d}-{uuid.uuid4().hex[:8]}"
        request = training_request(self.job.request, name, values)
        request["TuningJobArn"] = self.job.arn
        with self.state.lock:
            if self.state.closed or self.job.stop_requested.is_set():
                return False
            arn = self.state.arn("training-job", name)
            trial = TrainingJob(self.state.account, self.state.region, arn, request)
            self.state.training_jobs[name] = trial
            self.job.add(name, values)
            training.start(trial)
            self.running.append(trial)
        return True

    def _look(self) -> None:
        """Wait a moment for the first that runs, and let go of those that have ended."""
        self.running[0].settled(POLL_SECONDS)
        for trial in [each for each in self.running if each.ended is not None]:
            self.running.remove(trial)
            if self.job.reaches_target(trial) and not self.job.target_reached:
                self.job.target_reached = True
                self._stop_all(training.stop_grace())

    def _stop_all(self, grace: float) -> None:
        with self.state.lock:
            for trial in list(self.running):
                if trial.ended is None:
                    trial.shut_down(grace)
