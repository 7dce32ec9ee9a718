"""State changes of our services, on the default event bus."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cloudformation.helpers import Stacks, template
from tests.contract.dms.helpers import Lake as DmsLake
from tests.contract.dms.helpers import select_all, table, to_table
from tests.contract.events.helpers import Aws, Bus
from tests.contract.glue.helpers import RATING_JSON, Lake, shell_job
from tests.contract.sagemaker.helpers import Hosting, train
from tests.support import wait_until


def test_job_runs_that_succeed_and_fail(aws: Aws, bucket: str) -> None:
    good, bad = (
        shell_job(aws, bucket, "print(1)"),
        shell_job(aws, bucket, "raise ValueError('no rows')"),
    )
    bus = Bus(aws, {"source": ["aws.glue"], "detail": {"jobName": [good, bad]}})
    runs = {name: aws("glue").start_job_run(JobName=name)["JobRunId"] for name in (good, bad)}
    found = {event["detail"]["jobName"]: event for event in bus.wait(2)}
    assert {e["detail-type"] for e in found.values()} == {"Glue Job State Change"}
    assert found[good]["resources"] == []
    assert (found[good]["account"], found[good]["region"]) == ("000000000000", "us-east-1")
    assert found[good]["detail"] == {
        "jobName": good,
        "severity": "INFO",
        "state": "SUCCEEDED",
        "jobRunId": runs[good],
        "message": "Job run succeeded",
    }
    assert (found[bad]["detail"]["severity"], found[bad]["detail"]["state"]) == ("ERROR", "FAILED")
    assert "no rows" in found[bad]["detail"]["message"]


def test_crawl_and_the_tables_that_it_makes(aws: Aws, bucket: str) -> None:
    lake = Lake(aws, bucket)
    lake.put({"t/d=1/x.json": RATING_JSON, "t/d=2/x.json": RATING_JSON})
    crawler = lake.crawler("t/")
    crawls = Bus(aws, {"source": ["aws.glue"], "detail": {"crawlerName": [crawler]}})
    catalog = Bus(aws, {"source": ["aws.glue"], "detail": {"databaseName": [lake.database]}})
    lake.run(crawler)
    started, ended = sorted((e["detail"] for e in crawls.wait(2)), key=lambda d: d["state"])
    assert (started["state"], started["message"]) == ("Started", "Crawler Started")
    assert (ended["state"], ended["tablesCreated"], ended["partitionsCreated"]) == (
        *("Succeeded", "1"),
        "2",
    )
    made = {event["detail"]["typeOfChange"]: event for event in catalog.wait(2)}
    arn = f"arn:aws:glue:us-east-1:000000000000:table/{lake.database}/t"
    assert made["CreateTable"]["detail-type"] == "Glue Data Catalog Database State Change"
    assert made["CreateTable"]["detail"]["changedTables"] == ["t"]
    assert made["CreateTable"]["resources"] == [arn]
    partitions = made["BatchCreatePartition"]
    assert partitions["detail-type"] == "Glue Data Catalog Table State Change"
    assert sorted(partitions["detail"]["changedPartitions"]) == ["[1]", "[2]"]


def test_what_a_batch_could_not_do_is_not_told(aws: Aws, bucket: str) -> None:
    lake = Lake(aws, bucket)
    glue, database = lake.glue, lake.database
    glue.create_table(DatabaseName=database, TableInput={"Name": "there"})
    pattern = {"detail": {"databaseName": [database], "typeOfChange": ["BatchDeleteTable"]}}
    bus = Bus(aws, pattern)
    glue.batch_delete_table(DatabaseName=database, TablesToDelete=["absent"])
    glue.batch_delete_table(DatabaseName=database, TablesToDelete=["There", "absent"])
    assert [event["detail"]["changedTables"] for event in bus.wait(1)] == [["there"]]


def test_training_job(aws: Aws, bucket: str, name: str) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:000000000000:training-job/{name}"
    bus = Bus(aws, {"source": ["aws.sagemaker"], "resources": [arn]})
    train(aws, name, bucket, {"train.py": "raise SystemExit('no')"}, 600)
    pattern = "SageMaker Training Job State Change"

    def last() -> dict[str, Any] | None:
        found = [json.loads(body) for body in bus.queue.bodies()]
        assert {event["detail-type"] for event in found} <= {pattern}
        ended = [e for e in found if e["detail"]["TrainingJobStatus"] == "Failed"]
        return {"all": found, "last": ended[0]["detail"]} if ended else None

    found = wait_until(last, timeout=120, what="the job's last event")
    states = {event["detail"]["SecondaryStatus"] for event in found["all"]}
    assert states >= {"Starting", "Failed"}
    told, described = found["last"], aws("sagemaker").describe_training_job(TrainingJobName=name)
    assert told["FailureReason"] == described["FailureReason"]
    assert told["CreationTime"] == round(described["CreationTime"].timestamp() * 1000)
    assert told["Tags"] == {}


def test_model_and_endpoint(hosting: Hosting, aws: Aws) -> None:
    bus = Bus(aws, {"source": ["aws.sagemaker"], "detail": {"ModelName": [{"exists": True}]}})
    endpoints = Bus(aws, {"detail-type": ["SageMaker Endpoint State Change"]})
    name = hosting.serving()
    model = [e["detail"]["ModelArn"] for e in bus.wait(1)]
    assert model[0].startswith("arn:aws:sagemaker:us-east-1:000000000000:model/model-")
    aws("sagemaker").add_tags(
        ResourceArn=f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{name}",
        Tags=[{"Key": "stage", "Value": "test"}],
    )
    aws("sagemaker").delete_endpoint(EndpointName=name)

    def states() -> list[tuple[str, dict[str, str]]] | None:
        details = [json.loads(body)["detail"] for body in endpoints.queue.bodies()]
        mine = [d for d in details if d["EndpointName"] == name]
        return [(d["EndpointStatus"], d["Tags"]) for d in mine] if len(mine) > 2 else None

    found = dict(wait_until(states, timeout=60, what="events of the endpoint"))
    assert found == {"CREATING": {}, "IN_SERVICE": {}, "DELETING": {"stage": "test"}}


def test_replication_task(aws: Aws) -> None:
    lake = DmsLake(aws)
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    pairs = table("pairs", a="STRING", b="STRING")
    task = lake.create_task(
        lake.endpoints(pairs), select_all(), to_table("pairs", lake.target("pairs"), "a")
    )
    bus = Bus(aws, {"source": ["aws.dms"], "resources": [task]})
    aws("dms").start_replication_task(
        ReplicationTaskArn=task, StartReplicationTaskType="start-replication"
    )
    found = {event["detail"]["eventType"]: event for event in bus.wait(2)}
    assert set(found) == {"REPLICATION_TASK_STARTED", "REPLICATION_TASK_STOPPED"}
    started = found["REPLICATION_TASK_STARTED"]
    assert started["detail-type"] == "DMS Replication Task State Change"
    assert started["detail"]["eventId"] == "DMS-EVENT-0069"
    assert "fresh start" in started["detail"]["detailMessage"]
    stopped = found["REPLICATION_TASK_STOPPED"]["detail"]
    assert (stopped["eventId"], stopped["category"]) == ("DMS-EVENT-0079", "StateChange")
    assert "FULL_LOAD_ONLY_FINISHED" in stopped["detailMessage"]


def test_stack_and_its_resources(stacks: Stacks, aws: Aws) -> None:
    bus = Bus(aws, {"source": ["aws.cloudformation"]})
    name = stacks.create(template(Topic={"Type": "AWS::SNS::Topic"}))["StackName"]

    def told() -> list[tuple[str, str, str]] | None:
        found = [json.loads(body) for body in bus.queue.bodies()]
        mine = [e for e in found if name in e["detail"]["stack-id"]]
        assert all(e["resources"] == [e["detail"]["stack-id"]] for e in mine)
        return (
            [
                (
                    e["detail-type"],
                    e["detail"].get("logical-resource-id", ""),
                    e["detail"]["status-details"]["status"],
                )
                for e in mine
            ]
            if len(mine) >= 4
            else None
        )

    found = wait_until(told, timeout=60, what="events of the stack")
    stack, resource = (f"CloudFormation {kind} Status Change" for kind in ("Stack", "Resource"))
    assert set(found) == {
        (stack, "", "CREATE_IN_PROGRESS"),
        (stack, "", "CREATE_COMPLETE"),
        (resource, "Topic", "CREATE_IN_PROGRESS"),
        (resource, "Topic", "CREATE_COMPLETE"),
    }
