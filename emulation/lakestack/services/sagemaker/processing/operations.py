"""API operations of processing jobs."""

from __future__ import annotations

from lakestack.services.sagemaker import tags, training
from lakestack.services.sagemaker.operations import Answer, Request, listed, operation
from lakestack.services.sagemaker.processing import runner
from lakestack.services.sagemaker.processing.checks import check_processing_job
from lakestack.services.sagemaker.processing_job import ProcessingJob
from lakestack.services.sagemaker.state import STORE, SagemakerState, page


class ProcessingOperations:
    """Processing jobs."""

    @operation("CreateProcessingJob")
    def create_processing_job(self, state: SagemakerState, request: Request) -> Answer:
        check_processing_job(request)
        name = request["ProcessingJobName"]
        with STORE.holding(state.account, state.region) as held:
            held.refuse_job(held.processing_jobs, name)
            arn = held.arn("processing-job", name)
            job = ProcessingJob(held.account, held.region, arn, request)
            tags.put(held, arn, request.get("Tags"))
            held.processing_jobs[name] = job
            runner.start(job)
        return {"ProcessingJobArn": arn}

    @operation("DescribeProcessingJob")
    def describe_processing_job(self, state: SagemakerState, request: Request) -> Answer:
        return state.job(state.processing_jobs, request["ProcessingJobName"]).describe()

    @operation("ListProcessingJobs")
    def list_processing_jobs(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = [job.summary() for job in state.processing_jobs.values()]
        found, token = page(items, request, name="ProcessingJobName", status="ProcessingJobStatus")
        return listed("ProcessingJobSummaries", found, token)

    @operation("StopProcessingJob")
    def stop_processing_job(self, state: SagemakerState, request: Request) -> Answer:
        job = state.job(state.processing_jobs, request["ProcessingJobName"])
        job.stop(training.stop_grace())
        return {}
