"""Glue triggers: states, what is refused, and chains of jobs and crawlers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.glue.flows import Flows, code, conditions
from tests.contract.glue.helpers import ROLE, Aws
from tests.support import unique


@pytest.fixture
def flows(aws: Aws, bucket: str) -> Flows:
    return Flows(aws, bucket)


def test_an_on_demand_trigger_fires_when_it_is_started(flows: Flows) -> None:
    glue, job = flows.glue, flows.job()
    actions = [{"JobName": job, "Arguments": {"--own": "1"}, "Timeout": 7}]
    name = flows.trigger("ON_DEMAND", Actions=actions, Description="d", Tags={"k": name_of(job)})
    found = glue.get_trigger(Name=name)["Trigger"]
    assert (found["State"], found["Type"], found["Actions"]) == ("CREATED", "ON_DEMAND", actions)
    assert code(glue.stop_trigger, Name=name) == (
        "InvalidInputException",
        "The operation is not allowed when trigger is in state: CREATED",
    )
    assert flows.runs(job) == []
    glue.start_trigger(Name=name)
    run = flows.ended(job)
    assert (run["TriggerName"], run["Timeout"], run["Arguments"]["--own"]) == (name, 7, "1")
    assert glue.get_trigger(Name=name)["Trigger"]["State"] == "CREATED"
    assert glue.list_triggers(Tags={"k": name_of(job)})["TriggerNames"] == [name]
    (dependent,) = glue.get_triggers(DependentJobName=job)["Triggers"]
    assert dependent["Name"] == name
    batch = glue.batch_get_triggers(TriggerNames=[name, "none"])
    assert ([t["Name"] for t in batch["Triggers"]], batch["TriggersNotFound"]) == ([name], ["none"])
    glue.delete_trigger(Name=name)
    glue.delete_trigger(Name=name)
    assert code(glue.get_trigger, Name=name)[0] == "EntityNotFoundException"


def name_of(job: str) -> str:
    return f"of {job}"


def test_activation(flows: Flows) -> None:
    glue, job = flows.glue, flows.job()
    name = flows.trigger("SCHEDULED", job, Schedule="cron(0 0 1 1 ? 2199)", StartOnCreation=True)

    def state() -> str:
        return str(glue.get_trigger(Name=name)["Trigger"]["State"])

    assert state() == "ACTIVATED"
    assert code(glue.start_trigger, Name=name)[0] == "InvalidInputException"
    glue.stop_trigger(Name=name)
    assert state() == "DEACTIVATED"
    glue.start_trigger(Name=name)
    updated = glue.update_trigger(
        Name=name, TriggerUpdate={"Schedule": "cron(0 0 2 1 ? 2199)", "Description": "new"}
    )["Trigger"]
    assert (updated["Schedule"], updated["Description"]) == ("cron(0 0 2 1 ? 2199)", "new")
    assert updated["Actions"] == [{"JobName": job}]
    assert state() == "ACTIVATED"


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("EVENT", {}, "needs WorkflowName"),
        ("ON_DEMAND", {"EventBatchingCondition": {"BatchSize": 2}}, "of type EVENT only"),
        ("ON_DEMAND", {"StartOnCreation": True}, "StartOnCreation is not supported"),
        ("SCHEDULED", {}, "Schedule cannot be null"),
        ("SCHEDULED", {"Schedule": "cron(0 0 * * * *)"}, "must be ?"),
        ("CONDITIONAL", {}, "Predicate cannot be null"),
        ("CONDITIONAL", {"Predicate": {"Conditions": []}}, "Conditions cannot be null"),
        ("ON_DEMAND", {"Actions": []}, "Actions cannot be null"),
        ("ON_DEMAND", {"Actions": [{"Timeout": 5}]}, "JobName or CrawlerName"),
    ],
)
def test_what_is_refused(flows: Flows, kind: str, changes: dict[str, Any], message: str) -> None:
    request = {"Name": unique("trigger"), "Type": kind, "Actions": [{"JobName": "j"}], **changes}
    found = code(flows.glue.create_trigger, **request)
    assert found[0] == "InvalidInputException"
    assert message in found[1]


def test_predicates_are_checked(flows: Flows) -> None:
    one, two = flows.job(), flows.job()
    watch = conditions({one: "SUCCEEDED"})

    def refused(*found: dict[str, Any], target: str = two, **more: Any) -> str:
        request = {"Name": unique("t"), "Type": "CONDITIONAL", "Actions": [{"JobName": target}]}
        predicate = {"Conditions": list(found), **more}
        error, message = code(flows.glue.create_trigger, **request, Predicate=predicate)
        assert error == "InvalidInputException"
        return message

    bare = {"JobName": one, "State": "SUCCEEDED"}
    assert refused(bare) == "Logical operator cannot be null or empty"
    assert refused({"JobName": one, "LogicalOperator": "EQUALS"}) == "State cannot be null or empty"
    assert "RUNNING cannot be watched" in refused({**watch[0], "State": "RUNNING"})
    assert "Logical cannot be null" in refused(*watch, *conditions({two: "FAILED"}))
    assert "cannot be a Predicate and Action" in refused(*watch, target=one)
    request = {"Name": unique("t"), "Type": "ON_DEMAND", "Actions": [{"JobName": "none"}]}
    assert code(flows.glue.create_trigger, **request)[0] == "EntityNotFoundException"


def test_a_cycle_is_refused_by_name(flows: Flows) -> None:
    one, two, three = flows.job(), flows.job(), flows.job()
    flows.after({one: "SUCCEEDED"}, two)
    last = flows.after({two: "FAILED"}, three)
    predicate = {"Conditions": conditions({three: "SUCCEEDED"})}
    request = {"Type": "CONDITIONAL", "Predicate": predicate, "Actions": [{"JobName": one}]}
    error, message = code(flows.glue.create_trigger, Name=unique("t"), **request)
    assert error == "InvalidInputException"
    assert f"{one} -> {two} -> {three} -> {one}" in message
    error, message = code(
        flows.glue.update_trigger, Name=last, TriggerUpdate={"Actions": [{"JobName": one}]}
    )
    assert "cycle" in message
    kept = flows.glue.get_trigger(Name=last)["Trigger"]
    assert kept["Actions"] == [{"JobName": three}]


def test_a_chain_of_jobs(flows: Flows) -> None:
    """ALL waits for all, ANY for the first; a failure fires what watches for it, after retries."""
    good, bad = flows.job(), flows.job("fail", MaxRetries=1)
    both, either, idle, repair = (flows.job() for _ in range(4))
    flows.after({good: "SUCCEEDED", bad: "FAILED"}, both)
    flows.after({good: "SUCCEEDED", bad: "SUCCEEDED"}, either, logical="ANY")
    flows.after({good: "SUCCEEDED"}, idle, StartOnCreation=False)
    flows.after({bad: "FAILED"}, repair)
    start = flows.trigger("ON_DEMAND", good, bad)
    flows.glue.start_trigger(Name=start)
    run = flows.ended(both)
    flows.ended(either)
    flows.ended(repair)
    attempts = flows.runs(bad)
    assert [each["Attempt"] for each in attempts] == [1, 0]
    assert all(each["TriggerName"] == start for each in attempts)
    before = {each["JobName"]: each["RunId"] for each in run["PredecessorRuns"]}
    assert before == {good: flows.runs(good)[0]["Id"], bad: attempts[0]["Id"]}
    assert flows.runs(idle) == []
    assert len(flows.runs(repair)) == len(flows.runs(either)) == 1


def test_a_run_that_nobody_triggered_fires_nothing(flows: Flows) -> None:
    one, two, control = flows.job(), flows.job(), flows.job()
    flows.after({one: "SUCCEEDED"}, two)
    flows.glue.start_job_run(JobName=one)
    flows.ended(one)
    start = flows.trigger("ON_DEMAND", control)
    flows.glue.start_trigger(Name=start)
    flows.ended(control)
    assert flows.runs(two) == []


def test_a_crawler_is_started_and_watched(flows: Flows, aws: Aws) -> None:
    crawler, job, database = unique("crawler"), flows.job(), unique("db")
    aws("s3").put_object(Bucket=flows.bucket, Key="data/a.csv", Body=b"a,b\n1,2\n3,4\n")
    flows.glue.create_crawler(
        Name=crawler,
        Role=ROLE,
        DatabaseName=database,
        Targets={"S3Targets": [{"Path": f"s3://{flows.bucket}/data/"}]},
    )
    watch = {"LogicalOperator": "EQUALS", "CrawlerName": crawler, "CrawlState": "SUCCEEDED"}
    name = flows.trigger(
        "CONDITIONAL", job, Predicate={"Conditions": [watch]}, StartOnCreation=True
    )
    start = flows.trigger("ON_DEMAND", Actions=[{"CrawlerName": crawler}])
    flows.glue.start_trigger(Name=start)
    assert flows.ended(job)["TriggerName"] == name
    assert flows.glue.get_tables(DatabaseName=database)["TableList"]


def test_a_run_waits_when_it_may_be_queued(flows: Flows) -> None:
    glue, job = flows.glue, flows.job("wait")
    first = glue.start_job_run(JobName=job)["JobRunId"]
    error = code(glue.start_job_run, JobName=job)
    assert error[0] == "ConcurrentRunsExceededException"
    second = glue.start_job_run(JobName=job, JobRunQueuingEnabled=True, Arguments={"--then": ""})[
        "JobRunId"
    ]
    third = glue.start_job_run(JobName=job, JobRunQueuingEnabled=True)["JobRunId"]
    waiting = {run["Id"]: run for run in flows.runs(job) if run["JobRunState"] == "WAITING"}
    assert set(waiting) == {second, third}
    assert waiting[second]["JobRunQueuingEnabled"] is True
    assert "MaxConcurrentRuns is 1" in waiting[second]["StateDetail"]
    stopped = glue.batch_stop_job_run(JobName=job, JobRunIds=[third])
    assert [each["JobRunId"] for each in stopped["SuccessfulSubmissions"]] == [third]
    assert glue.get_job_run(JobName=job, RunId=third)["JobRun"]["JobRunState"] == "STOPPED"
    glue.batch_stop_job_run(JobName=job, JobRunIds=[first])
    assert flows.in_state(job, "SUCCEEDED")["Id"] == second


def test_a_trigger_leaves_a_failed_run_where_the_job_is_busy(flows: Flows) -> None:
    job, after = flows.job("wait"), flows.job()
    flows.after({job: "FAILED"}, after)
    first = flows.glue.start_job_run(JobName=job)["JobRunId"]
    start = flows.trigger("ON_DEMAND", job)
    flows.glue.start_trigger(Name=start)
    run = flows.in_state(job, "FAILED")
    assert (run["TriggerName"], "MaxConcurrentRuns is 1" in run["ErrorMessage"]) == (start, True)
    flows.ended(after)
    flows.glue.batch_stop_job_run(JobName=job, JobRunIds=[first])
