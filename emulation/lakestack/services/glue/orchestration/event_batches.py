"""Events of EventBridge start workflows, one by one or in batches.

AWS Glue Developer Guide, "Starting an AWS Glue workflow with an Amazon EventBridge event" and
"Viewing the EventBridge events that started a workflow". Windows are by the time of schedules.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from lakestack.services.base import aws_error
from lakestack.services.glue.orchestration.firing import run_workflow
from lakestack.services.glue.state import GlueState, existing_workflow
from lakestack.services.glue.triggers.chain import Workflow
from lakestack.services.glue.triggers.trigger import Trigger

EVENT_IDS = "aws:eventIds"
"""The run property with the ids: a list in brackets, the form that published scripts read."""


def add(state: GlueState, name: str, event_id: str, now: datetime) -> None:
    """An event has come for a workflow, which starts when its batch is full.

    Raises:
        EntityNotFoundException: there is no such workflow
        InvalidInputException: no trigger of it waits for events
    """
    workflow = existing_workflow(state, name)
    trigger = _trigger(state, workflow)
    if trigger is None:
        raise aws_error(
            "InvalidInputException",
            f"Workflow {name} has no start trigger of type EVENT that is not deactivated",
        )
    workflow.events.append(event_id)
    workflow.first_event = workflow.first_event or now
    if len(workflow.events) >= trigger.batch[0]:
        _start(state, workflow, now)


def start_due(state: GlueState, now: datetime) -> datetime | None:
    """Start what has waited for its window; when the next window is over."""
    ends = []
    for workflow in list(state.workflows.values()):
        first, trigger = workflow.first_event, _trigger(state, workflow)
        if first is None or trigger is None:
            continue
        end = first + timedelta(seconds=trigger.batch[1])
        if end <= now:
            _start(state, workflow, end)
        else:
            ends.append(end)
    return min(ends, default=None)


def _start(state: GlueState, workflow: Workflow, end: datetime) -> None:
    """Start a workflow with the events that wait.

    That `BatchWindow` is the time until it was started, and so tells which condition was met, is
    our guess.
    """
    ids, first = workflow.events, workflow.first_event or end
    workflow.events, workflow.first_event = [], None
    batch = {"BatchSize": len(ids), "BatchWindow": int((end - first).total_seconds())}
    run_workflow(state, workflow, {EVENT_IDS: f"[{', '.join(ids)}]"}, batch)


def _trigger(state: GlueState, workflow: Workflow) -> Trigger | None:
    return next((each for each in state.triggers_of(workflow.name) if each.listening), None)
