"""Jobs and job runs: the API operations. The run itself is in `job_run`."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.job import Job
from lakestack.services.glue.job_start import new_run
from lakestack.services.glue.paging import by_name, page
from lakestack.services.glue.state import STORE, GlueState, existing_job, state_of
from lakestack.services.glue.tagging import drop_tags, set_tags, with_tags

JsonDict = dict[str, Any]


class JobApi:
    """Create, update, delete, get and list jobs; start, stop, get and list their runs."""

    @handler("CreateJob", expand=False)
    def create_job(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        definition = dict(request)
        tags = definition.pop("Tags", None)
        job = Job(state.account, state.region, definition)
        with STORE.holding(state.account, state.region) as state:
            if job.name in state.jobs:
                raise aws_error(
                    "AlreadyExistsException", f"Job with name {job.name} already exists"
                )
            state.jobs[job.name] = job
        set_tags(state, "job", job.name, tags)
        return {"Name": job.name}

    @handler("UpdateJob", expand=False)
    def update_job(self, context: RequestContext, request: JsonDict) -> JsonDict:
        job = existing_job(state_of(context.account_id, context.region), request["JobName"])
        job.update(request["JobUpdate"])
        return {"JobName": job.name}

    @handler("DeleteJob", expand=False)
    def delete_job(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """A job that does not exist is no error; runs that still go are ended."""
        state = state_of(context.account_id, context.region)
        name = request["JobName"]
        with state.lock:
            job = state.jobs.pop(name, None)
            for run in job.runs if job else ():
                state.quality_kept.update({each["ResultId"]: each for each in run.quality_results})
        if job is not None:
            job.shut_down()
            drop_tags(state, "job", name)
        return {"JobName": name}

    @handler("GetJob", expand=False)
    def get_job(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        return {"Job": existing_job(state, request["JobName"]).as_api()}

    @handler("GetJobs", expand=False)
    def get_jobs(self, context: RequestContext, request: JsonDict) -> JsonDict:
        jobs = _all(state_of(context.account_id, context.region))
        return page([job.as_api() for job in jobs], request, "Jobs")

    @handler("ListJobs", expand=False)
    def list_jobs(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        names = with_tags(state, "job", [j.name for j in _all(state)], request.get("Tags"))
        return page(names, request, "JobNames")

    @handler("BatchGetJobs", expand=False)
    def batch_get_jobs(self, context: RequestContext, request: JsonDict) -> JsonDict:
        known = state_of(context.account_id, context.region).jobs
        return by_name(known, request["JobNames"], "Jobs")

    @handler("StartJobRun", expand=False)
    def start_job_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        job = existing_job(state, request["JobName"])
        previous = request.get("JobRunId")
        if previous and job.run(previous) is None:
            raise aws_error("EntityNotFoundException", f"JobRun with id {previous} not found")
        run = new_run(job, request, previous=previous)
        job.begin(run)
        return {"JobRunId": run.run_id}

    @handler("GetJobRun", expand=False)
    def get_job_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        job = existing_job(state_of(context.account_id, context.region), request["JobName"])
        run = job.run(request["RunId"])
        if run is None:
            raise aws_error(
                "EntityNotFoundException", f"JobRun with id {request['RunId']} not found"
            )
        return {"JobRun": run.as_api()}

    @handler("GetJobRuns", expand=False)
    def get_job_runs(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """Newest first."""
        job = existing_job(state_of(context.account_id, context.region), request["JobName"])
        return page([run.as_api() for run in reversed(job.runs)], request, "JobRuns")

    @handler("BatchStopJobRun", expand=False)
    def batch_stop_job_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        name = request["JobName"]
        job = existing_job(state_of(context.account_id, context.region), name)
        done, errors = [], []
        for run_id in request["JobRunIds"]:
            entry = {"JobName": name, "JobRunId": run_id}
            run = job.run(run_id)
            if run is None:
                code, text = "EntityNotFoundException", f"JobRun with id {run_id} not found"
            elif not run.stop():
                code = "JobRunInTerminalStateException"
                text = f"JobRun is in {run.state}, a terminal state, and cannot be stopped"
            else:
                done.append(entry)
                continue
            errors.append({**entry, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": text}})
        return {"SuccessfulSubmissions": done, "Errors": errors}


def _all(state: GlueState) -> list[Job]:
    with state.lock:
        return [state.jobs[name] for name in sorted(state.jobs)]
