"""API operations of batch transform."""

from __future__ import annotations

from lakestack.services.sagemaker import tags, training
from lakestack.services.sagemaker.operations import Answer, Request, listed, operation
from lakestack.services.sagemaker.state import STORE, SagemakerState, page
from lakestack.services.sagemaker.transform import runner
from lakestack.services.sagemaker.transform.checks import check_transform_job
from lakestack.services.sagemaker.transform_job import TransformJob


class TransformOperations:
    """Transform jobs."""

    @operation("CreateTransformJob")
    def create_transform_job(self, state: SagemakerState, request: Request) -> Answer:
        check_transform_job(request)
        name = request["TransformJobName"]
        with STORE.holding(state.account, state.region) as held:
            held.refuse_job(held.transform_jobs, name)
            model = held.model(request["ModelName"])
            arn = held.arn("transform-job", name)
            job = TransformJob(held.account, held.region, arn, request)
            job.container = dict(model.container)
            tags.put(held, arn, request.get("Tags"))
            held.transform_jobs[name] = job
            runner.start(job)
        return {"TransformJobArn": arn}

    @operation("DescribeTransformJob")
    def describe_transform_job(self, state: SagemakerState, request: Request) -> Answer:
        return state.job(state.transform_jobs, request["TransformJobName"]).describe()

    @operation("ListTransformJobs")
    def list_transform_jobs(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = [job.summary() for job in state.transform_jobs.values()]
        found, token = page(items, request, name="TransformJobName", status="TransformJobStatus")
        return listed("TransformJobSummaries", found, token)

    @operation("StopTransformJob")
    def stop_transform_job(self, state: SagemakerState, request: Request) -> Answer:
        job = state.job(state.transform_jobs, request["TransformJobName"])
        job.stop(training.stop_grace())
        return {}
