"""Triggers: the API operations."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.orchestration.firing import fire_start
from lakestack.services.glue.orchestration.scheduler import SCHEDULER
from lakestack.services.glue.paging import by_name, page
from lakestack.services.glue.state import (
    STORE,
    GlueState,
    existing_crawler,
    existing_job,
    existing_workflow,
    state_of,
)
from lakestack.services.glue.tagging import drop_tags, set_tags, with_tags
from lakestack.services.glue.triggers.graph import cycle
from lakestack.services.glue.triggers.trigger import START_TYPES, Trigger

JsonDict = dict[str, Any]


class TriggerApi:
    """Create, update, delete, get, list, start and stop triggers."""

    @handler("CreateTrigger", expand=False)
    def create_trigger(self, context: RequestContext, request: JsonDict) -> JsonDict:
        trigger = Trigger({k: v for k, v in request.items() if k != "Tags"})
        with STORE.holding(context.account_id, context.region) as state:
            if trigger.name in state.triggers:
                raise aws_error(
                    "AlreadyExistsException", f"Trigger with name {trigger.name} already exists"
                )
            if trigger.workflow:
                existing_workflow(state, trigger.workflow)
            _check_place(state, trigger)
            state.triggers[trigger.name] = trigger
        set_tags(state, "trigger", trigger.name, request.get("Tags"))
        SCHEDULER.wake()
        return {"Name": trigger.name}

    @handler("UpdateTrigger", expand=False)
    def update_trigger(self, context: RequestContext, request: JsonDict) -> JsonDict:
        changes = {k: v for k, v in request["TriggerUpdate"].items() if k != "Name"}
        with STORE.holding(context.account_id, context.region) as state:
            trigger = existing_trigger(state, request["Name"])
            former = trigger.definition
            trigger.update(changes)
            try:
                _check_place(state, trigger)
            except Exception:
                trigger.definition = former
                raise
        SCHEDULER.wake()
        return {"Trigger": trigger.as_api()}

    @handler("DeleteTrigger", expand=False)
    def delete_trigger(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """A trigger that does not exist is no error; runs that it has started go on."""
        name = request["Name"]
        with STORE.holding(context.account_id, context.region) as state:
            found = state.triggers.pop(name, None)
        if found is not None:
            drop_tags(state, "trigger", name)
        return {"Name": name}

    @handler("GetTrigger", expand=False)
    def get_trigger(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        return {"Trigger": existing_trigger(state, request["Name"]).as_api()}

    @handler("GetTriggers", expand=False)
    def get_triggers(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        return page([trigger.as_api() for trigger in _chosen(state, request)], request, "Triggers")

    @handler("ListTriggers", expand=False)
    def list_triggers(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        names = [trigger.name for trigger in _chosen(state, request)]
        return page(
            with_tags(state, "trigger", names, request.get("Tags")), request, "TriggerNames"
        )

    @handler("BatchGetTriggers", expand=False)
    def batch_get_triggers(self, context: RequestContext, request: JsonDict) -> JsonDict:
        known = state_of(context.account_id, context.region).triggers
        return by_name(known, request["TriggerNames"], "Triggers")

    @handler("StartTrigger", expand=False)
    def start_trigger(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """An ON_DEMAND trigger fires and stays CREATED; others begin to wait.

        Developer Guide, "Activating and deactivating triggers".
        """
        with STORE.holding(context.account_id, context.region) as state:
            trigger = existing_trigger(state, request["Name"])
            if trigger.type == "ON_DEMAND":
                fire_start(state, trigger)
            else:
                trigger.activate()
        SCHEDULER.wake()
        return {"Name": trigger.name}

    @handler("StopTrigger", expand=False)
    def stop_trigger(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            trigger = existing_trigger(state, request["Name"])
            trigger.deactivate()
        return {"Name": trigger.name}


def existing_trigger(state: GlueState, name: str) -> Trigger:
    """The trigger with this name.

    Raises:
        EntityNotFoundException: there is none
    """
    found = state.triggers.get(name)
    if found is None:
        raise aws_error("EntityNotFoundException", f"Entity not found: Trigger {name}")
    return found


def _chosen(state: GlueState, request: JsonDict) -> list[Trigger]:
    """By name; with DependentJobName those that start it, or, as AWS says, all if none does."""
    with state.lock:
        triggers = [state.triggers[name] for name in sorted(state.triggers)]
    job = request.get("DependentJobName")
    if not job:
        return triggers
    existing_job(state, job)
    return [trigger for trigger in triggers if ("job", job) in trigger.targets] or triggers


def _check_place(state: GlueState, trigger: Trigger) -> None:
    """Check a trigger against what else there is.

    Raises:
        EntityNotFoundException: it names a job or crawler that is not there
        InvalidInputException: its workflow has a start trigger already, or jobs would start
            themselves, by way of other triggers, without an end
    """
    for kind, name in [*trigger.targets, *trigger.watched]:
        (existing_job if kind == "job" else existing_crawler)(state, name)
    others = [t for t in state.triggers_of(trigger.workflow) if t.name != trigger.name]
    if trigger.workflow and trigger.type in START_TYPES:
        for other in others:
            if other.type in START_TYPES:
                raise aws_error(
                    "InvalidInputException",
                    f"Workflow {trigger.workflow} already has the start trigger {other.name}; "
                    "only one starting trigger is permitted",
                )
    if way := cycle(others, trigger):
        raise aws_error(
            "InvalidInputException",
            f"Trigger {trigger.name} would make a cycle: {' -> '.join(way)}; change what it "
            "watches or starts",
        )
