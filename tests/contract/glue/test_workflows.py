"""Glue workflows: their graph, their runs from start to end, properties, stop and resume."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.cloudformation.helpers import Stacks
from tests.contract.glue.flows import Flows, code, nodes
from tests.contract.glue.helpers import Aws
from tests.support import REGION, unique


@pytest.fixture
def flows(aws: Aws, bucket: str) -> Flows:
    return Flows(aws, bucket)


def test_a_workflow_and_its_graph(flows: Flows) -> None:
    glue, one, two = flows.glue, flows.job(), flows.job()
    name = flows.workflow(
        Description="d", DefaultRunProperties={"a": "1"}, MaxConcurrentRuns=2, Tags={"k": one}
    )
    assert code(glue.create_workflow, Name=name)[0] == "AlreadyExistsException"
    assert code(glue.start_workflow_run, Name=name)[0] == "InvalidInputException"
    start = flows.trigger("ON_DEMAND", one, WorkflowName=name)
    after = flows.after({one: "SUCCEEDED"}, two, WorkflowName=name)
    second = {"Type": "ON_DEMAND", "Actions": [{"JobName": two}], "WorkflowName": name}
    error, message = code(glue.create_trigger, Name=unique("trigger"), **second)
    assert (error, start in message) == ("InvalidInputException", True)
    found = glue.get_workflow(Name=name, IncludeGraph=True)["Workflow"]
    assert (found["Description"], found["MaxConcurrentRuns"]) == ("d", 2)
    by_name = nodes(found["Graph"])
    assert {key: node["Type"] for key, node in by_name.items()} == {
        start: "TRIGGER",
        after: "TRIGGER",
        one: "JOB",
        two: "JOB",
    }
    names = {node["UniqueId"]: key for key, node in by_name.items()}
    edges = [(names[e["SourceId"]], names[e["DestinationId"]]) for e in found["Graph"]["Edges"]]
    assert sorted(edges) == sorted([(start, one), (one, after), (after, two)])
    glue.update_workflow(Name=name, Description="new")
    batch = glue.batch_get_workflows(Names=[name, "none"])
    assert batch["MissingWorkflows"] == ["none"]
    assert batch["Workflows"][0]["Description"] == "new"
    assert batch["Workflows"][0]["DefaultRunProperties"] == {"a": "1"}
    arn = f"arn:aws:glue:{REGION}:000000000000:workflow/{name}"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"k": one}
    pages = glue.get_paginator("list_workflows").paginate(PaginationConfig={"PageSize": 1})
    assert name in [each for page in pages for each in page["Workflows"]]
    glue.delete_workflow(Name=name)
    glue.delete_workflow(Name=name)
    assert code(glue.get_workflow, Name=name)[0] == "EntityNotFoundException"
    assert code(glue.create_trigger, Name=start, **second)[0] == "EntityNotFoundException"


def test_a_run_with_properties_and_a_graph(flows: Flows) -> None:
    glue, one, two, never = flows.glue, flows.job("put"), flows.job(), flows.job()
    name = flows.workflow(DefaultRunProperties={"given": "default", "kept": "1"})
    start = flows.trigger("ON_DEMAND", one, WorkflowName=name)
    flows.after({one: "SUCCEEDED"}, two, WorkflowName=name)
    flows.after({one: "FAILED"}, never, WorkflowName=name)
    run_id = glue.start_workflow_run(Name=name, RunProperties={"given": "mine"})["RunId"]
    assert code(glue.resume_workflow_run, Name=name, RunId=run_id, NodeIds=["n"])[0] == (
        "IllegalWorkflowStateException"
    )
    run = flows.workflow_run(name, run_id)
    assert run["Status"] == "COMPLETED"
    assert run["WorkflowRunProperties"] == {"given": "mine", "kept": "1", "seen": "mine"}
    statistics = run["Statistics"]
    assert (statistics["TotalActions"], statistics["SucceededActions"]) == (3, 2)
    by_name = nodes(run["Graph"])
    (job_run,) = by_name[one]["JobDetails"]["JobRuns"]
    assert (job_run["JobRunState"], job_run["TriggerName"]) == ("SUCCEEDED", start)
    assert job_run["Arguments"]["--WORKFLOW_RUN_ID"] == run_id
    (after,) = by_name[two]["JobDetails"]["JobRuns"]
    assert after["PredecessorRuns"] == [{"JobName": one, "RunId": job_run["Id"]}]
    assert "JobDetails" not in by_name[never]
    assert glue.get_workflow(Name=name)["Workflow"]["LastRun"]["WorkflowRunId"] == run_id
    assert [each["WorkflowRunId"] for each in glue.get_workflow_runs(Name=name)["Runs"]] == [run_id]
    assert code(glue.stop_workflow_run, Name=name, RunId=run_id)[0] == (
        "IllegalWorkflowStateException"
    )
    assert code(glue.get_workflow_run, Name=name, RunId="wr_none")[0] == "EntityNotFoundException"


def test_stop_and_the_limit_of_runs(flows: Flows) -> None:
    glue, job, after = flows.glue, flows.job("wait"), flows.job()
    name = flows.workflow(MaxConcurrentRuns=1)
    start = flows.trigger("ON_DEMAND", job, WorkflowName=name)
    flows.after({job: "STOPPED"}, after, WorkflowName=name)
    glue.start_trigger(Name=start)  # starts its workflow
    (run,) = glue.get_workflow_runs(Name=name)["Runs"]
    assert (run["Status"], run["Statistics"]["RunningActions"]) == ("RUNNING", 1)
    assert code(glue.start_workflow_run, Name=name) == (
        "ConcurrentRunsExceededException",
        f"Concurrent runs exceeded for workflow: {name}.",
    )
    glue.stop_workflow_run(Name=name, RunId=run["WorkflowRunId"])
    stopped = flows.workflow_run(name, run["WorkflowRunId"])
    assert (stopped["Status"], stopped["Statistics"]["StoppedActions"]) == ("STOPPED", 1)
    assert flows.runs(after) == []


def test_a_run_is_resumed_from_what_failed(flows: Flows) -> None:
    """As in the Developer Guide, "Repairing and resuming a workflow run"."""
    glue = flows.glue
    first, good, bad, last = flows.job(), flows.job(), flows.job("fail"), flows.job()
    name = flows.workflow(DefaultRunProperties={"a": "1"})
    flows.trigger("ON_DEMAND", first, WorkflowName=name)
    flows.after({first: "SUCCEEDED"}, good, bad, WorkflowName=name)
    flows.after({good: "SUCCEEDED", bad: "SUCCEEDED"}, last, WorkflowName=name)
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    run = flows.workflow_run(name, run_id)
    assert run["Status"] == "COMPLETED"
    assert (run["Statistics"]["FailedActions"], run["Statistics"]["TotalActions"]) == (1, 4)
    ids = {key: node["UniqueId"] for key, node in nodes(run["Graph"]).items()}
    error, message = code(
        glue.resume_workflow_run, Name=name, RunId=run_id, NodeIds=[ids[bad], ids[last]]
    )
    assert error == "InvalidInputException"
    assert ids[last] in message
    flows.then(bad, "")
    resumed = glue.resume_workflow_run(Name=name, RunId=run_id, NodeIds=[ids[bad]])
    assert resumed["NodeIds"] == [ids[bad]]
    again = flows.workflow_run(name, resumed["RunId"])
    assert (again["Status"], again["PreviousRunId"]) == ("COMPLETED", run_id)
    assert again["Statistics"]["SucceededActions"] == 4
    assert again["WorkflowRunProperties"] == {"a": "1"}
    assert [len(flows.runs(job)) for job in (first, good, bad, last)] == [1, 1, 2, 1]


def test_triggers_of_a_stack(flows: Flows, stacks: Stacks) -> None:
    one, two = flows.job(), flows.job()
    condition = {"LogicalOperator": "EQUALS", "JobName": one, "State": "SUCCEEDED"}
    workflow = {"Ref": "Flow"}
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "Flow": ("Workflow", {"DefaultRunProperties": {"n": 1}, "Tags": {"k": "v"}}),
        "Start": (
            "Trigger",
            {"Type": "ON_DEMAND", "WorkflowName": workflow, "Actions": [{"JobName": one}]},
        ),
        "After": (
            "Trigger",
            {
                "Type": "CONDITIONAL",
                "WorkflowName": workflow,
                "StartOnCreation": "true",
                "Predicate": {"Conditions": [condition]},
                "Actions": [{"JobName": two}],
            },
        ),
    }
    template = {
        "Resources": {
            key: {"Type": f"AWS::Glue::{kind}", "Properties": properties}
            for key, (kind, properties) in resources.items()
        },
        "Outputs": {key: {"Value": {"Ref": key}} for key in resources},
    }
    stack = stacks.create(json.dumps(template))
    refs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    after = flows.glue.get_trigger(Name=refs["After"])["Trigger"]
    assert (after["State"], after["WorkflowName"]) == ("ACTIVATED", refs["Flow"])
    run_id = flows.glue.start_workflow_run(Name=refs["Flow"])["RunId"]
    run = flows.workflow_run(refs["Flow"], run_id)
    assert run["WorkflowRunProperties"] == {"n": "1"}
    assert run["Statistics"]["SucceededActions"] == 2
    resources["After"][1]["Description"] = "changed"
    stacks.update(stack, json.dumps(template))
    assert flows.glue.get_trigger(Name=refs["After"])["Trigger"]["Description"] == "changed"
    stacks.delete(stack)
    assert code(flows.glue.get_workflow, Name=refs["Flow"])[0] == "EntityNotFoundException"
