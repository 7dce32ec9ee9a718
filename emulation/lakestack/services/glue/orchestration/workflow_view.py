"""What the API shows of a workflow and its runs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lakestack.services.glue.state import GlueState
from lakestack.services.glue.triggers.chain import Workflow, WorkflowRun
from lakestack.services.glue.triggers.graph import action_nodes, graph
from lakestack.services.glue.triggers.trigger import Node, Trigger

JsonDict = dict[str, Any]

_COUNTED = {
    "SUCCEEDED": "SucceededActions",
    "FAILED": "FailedActions",
    "TIMEOUT": "TimeoutActions",
    "STOPPED": "StoppedActions",
    "CANCELLED": "StoppedActions",
    "ERROR": "ErroredActions",
    "RUNNING": "RunningActions",
    "WAITING": "WaitingActions",
}


def workflow_view(state: GlueState, workflow: Workflow, with_graph: bool) -> JsonDict:
    """The Workflow structure."""
    found = {
        **workflow.definition,
        "CreatedOn": workflow.created,
        "LastModifiedOn": workflow.modified,
    }
    if workflow.runs:
        found["LastRun"] = run_view(state, workflow.runs[-1], with_graph)
    if with_graph:
        triggers = state.triggers_of(workflow.name)
        found["Graph"] = graph(workflow.name, triggers, lambda _node: {})
    return found


def run_view(state: GlueState, run: WorkflowRun, with_graph: bool) -> JsonDict:
    """The WorkflowRun structure."""
    triggers = [Trigger.restored(saved) for saved in run.triggers]
    found = {
        "Name": run.workflow,
        "WorkflowRunId": run.chain_id,
        "WorkflowRunProperties": dict(run.properties),
        "StartedOn": run.started,
        "Status": run.status,
        "Statistics": _statistics(state, run, triggers),
        **({"PreviousRunId": run.previous} if run.previous else {}),
        **({"CompletedOn": run.completed} if run.completed else {}),
        **({"ErrorMessage": run.error} if run.error else {}),
        **({"StartingEventBatchCondition": run.batch} if run.batch else {}),
    }
    if with_graph:
        found["Graph"] = graph(run.workflow, triggers, lambda node: _details(state, run, node))
    return found


def _statistics(state: GlueState, run: WorkflowRun, triggers: list[Trigger]) -> JsonDict:
    """How many actions are in which state; what has not begun is in the total only."""
    counts = Counter(_COUNTED[_state(state, event)] for event in run.events)
    total = len({*action_nodes(triggers), *((e["kind"], e["name"]) for e in run.events)})
    return {"TotalActions": total, **{key: counts[key] for key in dict.fromkeys(_COUNTED.values())}}


def _state(state: GlueState, event: JsonDict) -> str:
    found: str = event["state"]
    if found == "RUNNING" and event["kind"] == "job" and (job := state.jobs.get(event["name"])):
        run = job.run(event["run_id"])
        return "WAITING" if run and run.state == "WAITING" else found
    return found


def _details(state: GlueState, run: WorkflowRun, node: Node) -> JsonDict:
    kind, name = node
    events = [event for event in run.events if (event["kind"], event["name"]) == node]
    if not events:
        return {}
    if kind == "job":
        runs = [each for event in events for each in _job_runs(state, event)]
        return {"JobDetails": {"JobRuns": runs}}
    crawler = state.crawlers.get(name)
    crawls = {crawl.crawl_id: crawl for crawl in crawler.crawls} if crawler else {}
    found = []
    for event in events:
        crawl = crawls.get(event["run_id"])
        if crawler is not None and crawl is not None:
            found.append(crawler.crawl_node(crawl))
        else:
            found.append({"State": event["state"], "ErrorMessage": event["error"]})
    return {"CrawlerDetails": {"Crawls": found}}


def _job_runs(state: GlueState, event: JsonDict) -> list[JsonDict]:
    """A run and its retries; what could not start is a run in ERROR."""
    job = state.jobs.get(event["name"])
    root = event["run_id"].partition("_attempt_")[0]
    if job is not None and root and (runs := job.attempts(root)):
        return [each.as_api() for each in reversed(runs)]
    found = {"JobName": event["name"], "TriggerName": event["trigger"]}
    found["JobRunState"] = event["state"]
    return [{**found, **({"ErrorMessage": event["error"]} if event["error"] else {})}]
