"""Workflows of Glue as targets of rules: one event, a batch, a window, and what goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.contract.events.test_rule_targets import put, rule
from tests.contract.glue.flows import Flows, code
from tests.support import REGION, unique, wait_until


@pytest.fixture
def flows(aws: Aws, bucket: str) -> Flows:
    return Flows(aws, bucket)


def started_by(flows: Flows, **settings: Any) -> tuple[str, str]:
    """A workflow that events start, and its job."""
    workflow, job = flows.workflow(), flows.job()
    flows.trigger("EVENT", job, WorkflowName=workflow, **settings)
    return workflow, job


def target(workflow: str) -> dict[str, str]:
    arn = f"arn:aws:glue:{REGION}:000000000000:workflow/{workflow}"
    return {"Arn": arn, "RoleArn": ROLE}


def runs(flows: Flows, workflow: str, count: int) -> list[dict[str, Any]]:
    """The runs of a workflow, the oldest first, once there are so many."""

    def enough() -> list[dict[str, Any]] | None:
        found = flows.glue.get_workflow_runs(Name=workflow)["Runs"]
        return found[::-1] if len(found) >= count else None

    return wait_until(enough, timeout=60, what=f"{count} runs of {workflow}")


def test_an_event_starts_a_workflow_which_has_its_id(aws: Aws, name: str, flows: Flows) -> None:
    workflow, job = started_by(flows)
    queue = Queue(aws)
    rule(aws, name, target(workflow), {"Arn": queue.arn})
    put(aws, name, {"n": 1})
    (run,) = runs(flows, workflow, 1)
    event = json.loads(queue.wait(1)[0])
    assert run["WorkflowRunProperties"]["aws:eventIds"] == f"[{event['id']}]"
    assert run["StartingEventBatchCondition"] == {"BatchSize": 1, "BatchWindow": 0}
    ended = flows.workflow_run(workflow, run["WorkflowRunId"])
    assert (ended["Status"], ended["Statistics"]["SucceededActions"]) == ("COMPLETED", 1)
    assert len(flows.runs(job)) == 1


def test_a_batch_starts_a_workflow_when_it_is_full(aws: Aws, name: str, flows: Flows) -> None:
    workflow, _ = started_by(flows, EventBatchingCondition={"BatchSize": 3, "BatchWindow": 900})
    rule(aws, name, target(workflow))
    put(aws, name, *({"n": n} for n in range(7)))
    first, second = runs(flows, workflow, 2)
    for run in (first, second):
        ids = run["WorkflowRunProperties"]["aws:eventIds"][1:-1].split(", ")
        assert len(set(ids)) == run["StartingEventBatchCondition"]["BatchSize"] == 3


def test_a_window_starts_a_workflow_with_what_has_come(
    aws: Aws, name: str, flows: Flows, emulator: str
) -> None:
    workflow, _ = started_by(flows, EventBatchingCondition={"BatchSize": 100})
    queue = Queue(aws)
    rule(aws, name, target(workflow))
    rule(aws, name, {"Arn": queue.arn})
    put(aws, name, {"n": 1}, {"n": 2})
    queue.wait(2)
    clock = f"{emulator}/_lakestack/clock"
    try:
        requests.post(clock, json={"seconds": 890}, timeout=60).raise_for_status()
        assert flows.glue.get_workflow_runs(Name=workflow)["Runs"] == []
        requests.post(clock, json={"seconds": 900}, timeout=60).raise_for_status()
        (run,) = runs(flows, workflow, 1)
    finally:
        requests.delete(clock, timeout=60).raise_for_status()
    assert run["StartingEventBatchCondition"] == {"BatchSize": 2, "BatchWindow": 900}


def test_what_cannot_start_goes_to_the_dead_letter_queue(aws: Aws, name: str, flows: Flows) -> None:
    gone, dead = unique("gone"), Queue(aws)
    by_hand = flows.workflow()
    flows.trigger("ON_DEMAND", flows.job(), WorkflowName=by_hand)
    letters = {"DeadLetterConfig": {"Arn": dead.arn}}
    rule(aws, name, {**target(gone), **letters}, {**target(by_hand), **letters})
    put(aws, name, {"n": 1})
    dead.wait(2)
    found = {
        each["MessageAttributes"]["TARGET_ARN"]["StringValue"]: each["MessageAttributes"][
            "ERROR_CODE"
        ]["StringValue"]
        for each in dead.messages
    }
    assert found == {
        target(gone)["Arn"]: "NO_RESOURCE",
        target(by_hand)["Arn"]: "INVALID_PARAMETER",
    }


def test_a_workflow_has_one_start_and_its_target_a_role(aws: Aws, name: str, flows: Flows) -> None:
    workflow, job = started_by(flows)
    request = {"Type": "ON_DEMAND", "Actions": [{"JobName": job}], "WorkflowName": workflow}
    error, message = code(flows.glue.create_trigger, Name=unique("t"), **request)
    assert error == "InvalidInputException"
    assert "only one starting trigger" in message
    events = aws("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    without = [{"Id": "1", "Arn": target(workflow)["Arn"]}]
    error, message = code(events.put_targets, Rule=name, Targets=without)
    assert (error, "RoleArn is required" in message) == ("ValidationException", True)


def test_a_stopped_trigger_hears_nothing(aws: Aws, name: str, flows: Flows) -> None:
    workflow, job = flows.workflow(), flows.job()
    trigger = flows.trigger("EVENT", job, WorkflowName=workflow)
    flows.glue.start_trigger(Name=trigger)
    flows.glue.stop_trigger(Name=trigger)
    dead = Queue(aws)
    rule(aws, name, {**target(workflow), "DeadLetterConfig": {"Arn": dead.arn}})
    put(aws, name, {"n": 1})
    dead.wait(1)
    assert flows.glue.get_workflow_runs(Name=workflow)["Runs"] == []
