"""Triggers fire: jobs and crawlers start, and what ends lets further triggers fire.

All of it happens with the lock of Glue's state held, so that the end of a run comes after the note
of its start.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack import changes
from lakestack.services.base import aws_error
from lakestack.services.glue.crawl_start import start_crawl
from lakestack.services.glue.job_start import new_run
from lakestack.services.glue.state import STORE, GlueState
from lakestack.services.glue.triggers.chain import Chain, Workflow, WorkflowRun
from lakestack.services.glue.triggers.graph import downstream, node_id
from lakestack.services.glue.triggers.origin import End, Origin, listen
from lakestack.services.glue.triggers.trigger import START_TYPES, Trigger, node_of

LOG = logging.getLogger(__name__)
JsonDict = dict[str, Any]


def fire_start(state: GlueState, trigger: Trigger) -> None:
    """An ON_DEMAND or SCHEDULED trigger fires: alone, or as the start of its workflow.

    Raises:
        ConcurrentRunsExceededException: its workflow has as many runs as may be
    """
    workflow = state.workflows.get(trigger.workflow)
    if workflow is not None:
        start_workflow(state, workflow, {})
        return
    chain = Chain(f"chain_{uuid.uuid4().hex}")
    state.chains[chain.chain_id] = chain
    _fire(state, chain, trigger, [])
    _advance(state, chain)


def fire_scheduled(state: GlueState, trigger: Trigger) -> None:
    """As `fire_start`; a workflow that may not run has a run that says so."""
    workflow = state.workflows.get(trigger.workflow)
    if workflow is not None:
        run_workflow(state, workflow, {}, None)
    else:
        fire_start(state, trigger)


def run_workflow(
    state: GlueState,
    workflow: Workflow,
    properties: dict[str, str],
    batch: dict[str, int] | None,
) -> None:
    """Begin a run that no client asks for; where it may not begin, it is there and says so.

    Args:
        batch: the StartingEventBatchCondition, of events
    """
    if not workflow.full:
        start_workflow(state, workflow, properties, batch)
        return
    given, definitions = {**workflow.properties, **properties}, _definitions(state, workflow)
    run = WorkflowRun(workflow.name, given, definitions, batch=batch)
    run.finish("ERROR", exceeded(workflow))
    workflow.runs.append(run)


def is_idle(state: GlueState, trigger: Trigger) -> bool:
    """Whether nothing runs that an ON_DEMAND or SCHEDULED trigger, or its workflow, has started."""
    workflow = state.workflows.get(trigger.workflow)
    if workflow is not None:
        return not any(run.active for run in workflow.runs)
    return not any(trigger.name in chain.fired for chain in state.chains.values())


def start_workflow(
    state: GlueState,
    workflow: Workflow,
    properties: dict[str, str],
    batch: dict[str, int] | None = None,
) -> WorkflowRun:
    """Begin a run of a workflow: its start trigger fires.

    Raises:
        InvalidInputException: it has no start trigger
        ConcurrentRunsExceededException: it has as many runs as may be
    """
    first = next((t for t in state.triggers_of(workflow.name) if t.type in START_TYPES), None)
    if first is None:
        raise aws_error(
            "InvalidInputException",
            f"Workflow {workflow.name} has no start trigger; create one of type "
            f"{' or '.join(START_TYPES)} in it",
        )
    _refuse_full(workflow)
    given, definitions = {**workflow.properties, **properties}, _definitions(state, workflow)
    run = WorkflowRun(workflow.name, given, definitions, batch=batch)
    workflow.runs.append(run)
    _fire(state, run, first, [])
    _advance(state, run)
    return run


def stop_run(state: GlueState, run: WorkflowRun) -> None:
    """No trigger fires in a workflow run any more, and what runs of it is stopped."""
    run.stop()
    for event in [event for event in run.events if event["state"] == "RUNNING"]:
        if event["kind"] == "job":
            job = state.jobs.get(event["name"])
            for each in job.attempts(event["run_id"]) if job else ():
                each.stop()
        elif (crawler := state.crawlers.get(event["name"])) is not None:
            crawler.stop()
    run.settle()


def resume_run(
    state: GlueState, workflow: Workflow, former: WorkflowRun, nodes: list[str]
) -> tuple[WorkflowRun, list[str]]:
    """Run nodes of a workflow run again, and all that comes after them.

    Returns:
        the new run, and the ids of the nodes that were started

    Raises:
        InvalidInputException: a node is none of the run's jobs and crawlers, or did not run
        ConcurrentRunsExceededException: the workflow has as many runs as may be
    """
    ran = {(e["kind"], e["name"]): e for e in former.events if e["run_id"]}
    by_id = {node_id(workflow.name, node): node for node in ran}
    if unknown := [each for each in nodes if each not in by_id]:
        raise aws_error(
            "InvalidInputException",
            f"Nodes {', '.join(unknown)} have no run attempt in workflow run {former.chain_id}",
        )
    _refuse_full(workflow)
    triggers = state.triggers_of(workflow.name)
    chosen = [by_id[each] for each in dict.fromkeys(nodes)]
    later, names = downstream(triggers, chosen)
    begin = [node for node in chosen if node not in later]
    run = WorkflowRun(
        workflow.name, former.properties, _definitions(state, workflow), former.chain_id
    )
    again = {*begin, *later}
    run.events = [dict(e) for e in former.events if (e["kind"], e["name"]) not in again]
    run.fired = [name for name in former.fired if name not in names]
    workflow.runs.append(run)
    for node in begin:
        trigger = state.triggers.get(ran[node]["trigger"])
        action = _action(trigger, node) or _bare_action(node)
        _start(state, run, ran[node]["trigger"], action, [])
    _advance(state, run)
    return run, [node_id(workflow.name, node) for node in begin]


def exceeded(workflow: Workflow) -> str:
    """The message of a workflow that has as many runs as may be."""
    return f"Concurrent runs exceeded for workflow: {workflow.name}."


def _refuse_full(workflow: Workflow) -> None:
    if workflow.full:
        raise aws_error("ConcurrentRunsExceededException", exceeded(workflow))


def _definitions(state: GlueState, workflow: Workflow) -> list[JsonDict]:
    return [trigger.as_api() for trigger in state.triggers_of(workflow.name)]


def _action(trigger: Trigger | None, node: tuple[str, str]) -> JsonDict | None:
    actions = trigger.actions if trigger else []
    return next((action for action in actions if node_of(action) == node), None)


def _bare_action(node: tuple[str, str]) -> JsonDict:
    return {"JobName" if node[0] == "job" else "CrawlerName": node[1]}


def _fire(state: GlueState, chain: Chain, trigger: Trigger, events: list[JsonDict]) -> None:
    chain.fired.append(trigger.name)
    before = [
        {"JobName": event["name"], "RunId": event["run_id"]}
        for event in events
        if event["kind"] == "job" and event["run_id"]
    ]
    for action in trigger.actions:
        _start(state, chain, trigger.name, action, before)


def _start(
    state: GlueState, chain: Chain, trigger: str, action: JsonDict, before: Iterable[JsonDict]
) -> None:
    """Start an action; what cannot start is noted in the chain (and in the job) as an end."""
    node = node_of(action)
    origin = Origin(chain.chain_id, trigger, chain.workflow, tuple(before))
    try:
        if node[0] == "job":
            _start_job(state, chain, node, action, origin)
        else:
            _start_crawler(state, chain, node, origin)
    except CommonServiceException as e:
        LOG.warning("trigger %s could not start %s %s: %s", trigger, *node, e.message)
        chain.note(node, "", trigger, "ERROR", e.message)


def _start_job(
    state: GlueState, chain: Chain, node: tuple[str, str], action: JsonDict, origin: Origin
) -> None:
    job = state.jobs.get(node[1])
    if job is None:
        raise aws_error("EntityNotFoundException", f"Entity not found: Job {node[1]}")
    run = new_run(job, action, origin=origin)
    chain.note(node, run.run_id, origin.trigger)
    try:
        job.begin(run)
    except CommonServiceException as e:
        # A run that may not begin is there, and FAILED ("AWS Glue job run statuses").
        chain.end(node, run.run_id, "FAILED")
        job.refuse(run, e.message)


def _start_crawler(state: GlueState, chain: Chain, node: tuple[str, str], origin: Origin) -> None:
    crawler = state.crawlers.get(node[1])
    if crawler is None:
        raise aws_error(
            "EntityNotFoundException", f"Crawler entry with name {node[1]} does not exist"
        )
    crawl = start_crawl(state, crawler, origin)
    chain.note(node, crawl.crawl_id, origin.trigger)


def _advance(state: GlueState, chain: Chain) -> None:
    """Fire the conditional triggers that the ends in a chain let fire, until none does."""
    fired = chain.open
    while fired:
        fired = False
        for trigger in state.triggers_of(chain.workflow):
            if trigger.type == "CONDITIONAL" and (met := chain.satisfies(trigger)):
                _fire(state, chain, trigger, met)
                fired = True
    _settle(state, chain)


def _settle(state: GlueState, chain: Chain) -> None:
    """A workflow run gets its final state; another chain is forgotten when nothing runs in it."""
    if isinstance(chain, WorkflowRun):
        chain.settle()
    elif not chain.busy:
        state.chains.pop(chain.chain_id, None)
    changes.note()


def on_end(end: End) -> None:
    """A run that a trigger has started has ended."""
    with STORE.holding(end.account, end.region) as state:
        chain = state.chain(end.origin.workflow, end.origin.chain)
        if chain is not None and chain.end((end.kind, end.name), end.run_id, end.state):
            _advance(state, chain)


listen(on_end)
