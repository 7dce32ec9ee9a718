"""Workflows and their runs: the API operations."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.orchestration.firing import resume_run, start_workflow, stop_run
from lakestack.services.glue.orchestration.workflow_view import run_view, workflow_view
from lakestack.services.glue.paging import page
from lakestack.services.glue.state import STORE, GlueState, existing_workflow, state_of
from lakestack.services.glue.tagging import drop_tags, set_tags
from lakestack.services.glue.triggers.chain import Workflow, WorkflowRun

JsonDict = dict[str, Any]


class WorkflowApi:
    """Create, update, delete, get and list workflows; start, stop, resume and get their runs."""

    @handler("CreateWorkflow", expand=False)
    def create_workflow(self, context: RequestContext, request: JsonDict) -> JsonDict:
        workflow = Workflow({k: v for k, v in request.items() if k != "Tags"})
        _check_limit(request)
        with STORE.holding(context.account_id, context.region) as state:
            if workflow.name in state.workflows:
                raise aws_error(
                    "AlreadyExistsException", f"Workflow with name {workflow.name} already exists"
                )
            state.workflows[workflow.name] = workflow
        set_tags(state, "workflow", workflow.name, request.get("Tags"))
        return {"Name": workflow.name}

    @handler("UpdateWorkflow", expand=False)
    def update_workflow(self, context: RequestContext, request: JsonDict) -> JsonDict:
        _check_limit(request)
        with STORE.holding(context.account_id, context.region) as state:
            existing_workflow(state, request["Name"]).update(request)
        return {"Name": request["Name"]}

    @handler("DeleteWorkflow", expand=False)
    def delete_workflow(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """A workflow that does not exist is no error.

        Its runs are stopped, and its triggers go with it (our guess).
        """
        name = request["Name"]
        with STORE.holding(context.account_id, context.region) as state:
            workflow = state.workflows.get(name)
            if workflow is None:
                return {"Name": name}
            for run in workflow.runs:
                if run.active:
                    stop_run(state, run)
            triggers = [trigger.name for trigger in state.triggers_of(name)]
            for each in triggers:
                del state.triggers[each]
            del state.workflows[name]
        drop_tags(state, "workflow", name)
        for each in triggers:
            drop_tags(state, "trigger", each)
        return {"Name": name}

    @handler("GetWorkflow", expand=False)
    def get_workflow(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            workflow = existing_workflow(state, request["Name"])
            return {"Workflow": workflow_view(state, workflow, _with_graph(request))}

    @handler("BatchGetWorkflows", expand=False)
    def batch_get_workflows(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            known = state.workflows
            found = [known[name] for name in request["Names"] if name in known]
            return {
                "Workflows": [workflow_view(state, w, _with_graph(request)) for w in found],
                "MissingWorkflows": [name for name in request["Names"] if name not in known],
            }

    @handler("ListWorkflows", expand=False)
    def list_workflows(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        with state.lock:
            names = sorted(state.workflows)
        return page(names, request, "Workflows", 25)

    @handler("StartWorkflowRun", expand=False)
    def start_workflow_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            workflow = existing_workflow(state, request["Name"])
            run = start_workflow(state, workflow, request.get("RunProperties") or {})
            return {"RunId": run.chain_id}

    @handler("StopWorkflowRun", expand=False)
    def stop_workflow_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            run = _existing_run(state, request)
            if not run.open:
                raise _illegal(run, "only one that is RUNNING can be stopped")
            stop_run(state, run)
        return {}

    @handler("ResumeWorkflowRun", expand=False)
    def resume_workflow_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            former = _existing_run(state, request)
            if former.active:
                raise _illegal(former, "only one that has ended can be resumed")
            workflow = existing_workflow(state, request["Name"])
            run, nodes = resume_run(state, workflow, former, request["NodeIds"])
            return {"RunId": run.chain_id, "NodeIds": nodes}

    @handler("GetWorkflowRun", expand=False)
    def get_workflow_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            run = _existing_run(state, request)
            return {"Run": run_view(state, run, _with_graph(request))}

    @handler("GetWorkflowRuns", expand=False)
    def get_workflow_runs(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """Newest first."""
        with STORE.holding(context.account_id, context.region) as state:
            runs = reversed(existing_workflow(state, request["Name"]).runs)
            found = [run_view(state, run, _with_graph(request)) for run in runs]
        return page(found, request, "Runs")

    @handler("GetWorkflowRunProperties", expand=False)
    def get_workflow_run_properties(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            return {"RunProperties": dict(_existing_run(state, request).properties)}

    @handler("PutWorkflowRunProperties", expand=False)
    def put_workflow_run_properties(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """Those that are there already are overwritten, others stay."""
        with STORE.holding(context.account_id, context.region) as state:
            _existing_run(state, request).properties.update(request["RunProperties"])
        return {}


def _with_graph(request: JsonDict) -> bool:
    return bool(request.get("IncludeGraph"))


def _existing_run(state: GlueState, request: JsonDict) -> WorkflowRun:
    found = existing_workflow(state, request["Name"]).run(request["RunId"])
    if found is None:
        raise aws_error(
            "EntityNotFoundException",
            f"Entity not found: Run {request['RunId']} of workflow {request['Name']}",
        )
    return found


def _illegal(run: WorkflowRun, why: str) -> CommonServiceException:
    return aws_error(
        "IllegalWorkflowStateException",
        f"Workflow run {run.chain_id} is in state {run.status}; {why}",
    )


def _check_limit(request: JsonDict) -> None:
    limit = request.get("MaxConcurrentRuns")
    if limit is not None and limit < 1:
        raise aws_error("InvalidInputException", f"MaxConcurrentRuns {limit} is not at least 1")
