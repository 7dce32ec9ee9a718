"""Triggers, workflows and their runs as data: saved, restored, and continued."""

from __future__ import annotations

import json
from typing import Any

from lakestack.services.glue.state import GlueState
from lakestack.services.glue.triggers.chain import Chain, Workflow, WorkflowRun
from lakestack.services.glue.triggers.graph import cycle, downstream
from lakestack.services.glue.triggers.trigger import Trigger

PLACE = ("000000000000", "us-east-1")


def _after(name: str, watched: dict[str, str], *jobs: str, logical: str = "AND") -> Trigger:
    conditions = [
        {"LogicalOperator": "EQUALS", "JobName": job, "State": state}
        for job, state in watched.items()
    ]
    definition: dict[str, Any] = {
        "Name": name,
        "Type": "CONDITIONAL",
        "WorkflowName": "w",
        "StartOnCreation": True,
        "Predicate": {"Logical": logical, "Conditions": conditions},
        "Actions": [{"JobName": job} for job in jobs],
    }
    return Trigger(definition)


def test_a_state_is_restored_and_what_ran_is_lost() -> None:
    state = GlueState(*PLACE)
    trigger = _after("t", {"a": "SUCCEEDED"}, "b")
    trigger.deactivate()
    state.triggers["t"] = trigger
    workflow = state.workflows["w"] = Workflow({"Name": "w", "DefaultRunProperties": {"k": "1"}})
    run = WorkflowRun("w", {"k": "2"}, [trigger.as_api()], "wr_former")
    run.note(("job", "a"), "jr_1", "start")
    workflow.runs.append(run)
    state.chains["c"] = Chain("c")
    state.connections["x"] = {"Name": "x", "ConnectionType": "NETWORK"}
    saved = json.loads(json.dumps(state.snapshot()))
    new = GlueState(*PLACE)
    new.restore(saved)
    assert new.snapshot() == saved
    assert (new.contents()["trigger"], new.contents()["workflow"]) == (["t"], ["w"])
    assert new.triggers["t"].state == "DEACTIVATED"
    new.resume()
    (lost,) = new.workflows["w"].runs
    assert (lost.status, lost.previous, lost.events[0]["state"]) == ("ERROR", "wr_former", "FAILED")
    assert "started again with its saved state" in lost.error
    assert new.chains == {}


def test_when_a_conditional_trigger_fires() -> None:
    chain = Chain("c", "w")
    both = _after("both", {"a": "SUCCEEDED", "b": "FAILED"}, "x")
    either = _after("either", {"a": "SUCCEEDED", "b": "SUCCEEDED"}, "y", logical="ANY")
    chain.note(("job", "a"), "jr_a", "start")
    chain.note(("job", "b"), "jr_b", "start")
    assert not chain.satisfies(either)
    assert not chain.end(("job", "a"), "jr_other", "SUCCEEDED")
    assert chain.end(("job", "a"), "jr_a", "SUCCEEDED")
    assert [event["name"] for event in chain.satisfies(either)] == ["a"]
    assert not chain.satisfies(both)
    assert chain.end(("job", "b"), "jr_b_attempt_1", "FAILED")
    assert [event["run_id"] for event in chain.satisfies(both)] == ["jr_a", "jr_b_attempt_1"]
    chain.fired.append("both")
    assert not chain.satisfies(both)
    either.deactivate()
    assert not chain.satisfies(either)
    assert not chain.busy


def test_the_way_of_a_cycle_and_what_is_downstream() -> None:
    ab, bc = _after("ab", {"a": "SUCCEEDED"}, "b"), _after("bc", {"b": "FAILED"}, "c", "d")
    assert cycle([ab], bc) == []
    assert cycle([ab, bc], _after("ca", {"c": "STOPPED"}, "a")) == ["a", "b", "c", "a"]
    assert cycle([ab, bc], _after("ab", {"a": "SUCCEEDED"}, "b", "d")) == []
    nodes, names = downstream([ab, bc], [("job", "a")])
    assert nodes == {("job", "b"), ("job", "c"), ("job", "d")}
    assert names == {"ab", "bc"}
    assert downstream([ab, bc], [("job", "d")]) == (set(), set())
