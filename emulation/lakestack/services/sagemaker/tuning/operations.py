"""API operations of automatic model tuning."""

from __future__ import annotations

from typing import Any

from lakestack.services.sagemaker import tags, training
from lakestack.services.sagemaker.inputs import check_inputs
from lakestack.services.sagemaker.operations import Answer, Request, listed, operation
from lakestack.services.sagemaker.state import STORE, SagemakerState, page
from lakestack.services.sagemaker.tuning import runner
from lakestack.services.sagemaker.tuning.checks import check_tuning_job
from lakestack.services.sagemaker.tuning_job import TuningJob
from lakestack.services.sagemaker.validation import validation_error

OBJECTIVE = "FinalObjectiveMetricValue"


class TuningOperations:
    """Hyperparameter tuning jobs."""

    @operation("CreateHyperParameterTuningJob")
    def create_hyper_parameter_tuning_job(self, state: SagemakerState, request: Request) -> Answer:
        check_tuning_job(request)
        check_inputs(state, request["TrainingJobDefinition"])
        name = request["HyperParameterTuningJobName"]
        with STORE.holding(state.account, state.region) as held:
            held.refuse_job(held.tuning_jobs, name)
            arn = held.arn("hyper-parameter-tuning-job", name)
            job = TuningJob(held.account, held.region, arn, request)
            tags.put(held, arn, request.get("Tags"))
            held.tuning_jobs[name] = job
            runner.start(job, held)
        return {"HyperParameterTuningJobArn": arn}

    @operation("DescribeHyperParameterTuningJob")
    def describe_hyper_parameter_tuning_job(
        self, state: SagemakerState, request: Request
    ) -> Answer:
        with state.lock:
            return _found(state, request).describe(state.training_jobs)

    @operation("ListHyperParameterTuningJobs")
    def list_hyper_parameter_tuning_jobs(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            jobs = state.training_jobs
            items = [job.summary(jobs) for job in state.tuning_jobs.values()]
        kind = "HyperParameterTuningJob"
        found, token = page(
            items, request, name=f"{kind}Name", status=f"{kind}Status", default_sort="Name"
        )
        return listed("HyperParameterTuningJobSummaries", found, token)

    @operation("ListTrainingJobsForHyperParameterTuningJob")
    def list_training_jobs_for_tuning_job(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = _found(state, request).training_jobs(state.training_jobs)
        by_objective = request.get("SortBy") == OBJECTIVE
        if by_objective:  # those that have none are not listed
            items = [item for item in items if item["ObjectiveStatus"] == "Succeeded"]
        found, token = page(
            items,
            request,
            name="TrainingJobName",
            status="TrainingJobStatus",
            default_sort="Name",
            default_order="Ascending",
            key=_objective if by_objective else None,
        )
        return listed("TrainingJobSummaries", found, token)

    @operation("StopHyperParameterTuningJob")
    def stop_hyper_parameter_tuning_job(self, state: SagemakerState, request: Request) -> Answer:
        _found(state, request).stop(training.stop_grace())
        return {}

    @operation("DeleteHyperParameterTuningJob")
    def delete_hyper_parameter_tuning_job(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            job = state.tuning_jobs.get(request["HyperParameterTuningJobName"])
            if job is None:
                return {}
            if job.ended is None:
                raise validation_error(
                    f"The request was rejected because the {job.NOUN} is in status {job.status}."
                )
            del state.tuning_jobs[job.name]
            state.tags.pop(job.arn, None)
        return {}


def _found(state: SagemakerState, request: Request) -> TuningJob:
    return state.job(state.tuning_jobs, request["HyperParameterTuningJobName"])


def _objective(item: dict[str, Any]) -> float:
    return float(item["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
