"""Schedules that start something, and what AWS refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.events.helpers import ROLE, Aws, Bus, Queue
from tests.support import unique, wait_until

OFF = {"Mode": "OFF"}


def soon(seconds: float = 2) -> str:
    """An expression of one time, soon."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


class Schedules:
    """Makes schedules, and deletes those that are still there."""

    def __init__(self, aws: Aws) -> None:
        self.client = aws("scheduler")
        self.names: list[str] = []

    def create(self, arn: str, expression: str | None = None, **given: Any) -> str:
        name = unique("schedule")
        target = {"Arn": arn, "RoleArn": ROLE, **given.pop("Target", {})}
        self.client.create_schedule(
            Name=name,
            ScheduleExpression=expression or soon(),
            **{"FlexibleTimeWindow": OFF, "Target": target, **given},
        )
        self.names.append(name)
        return name

    def there(self, name: str) -> bool:
        try:
            self.client.get_schedule(Name=name)
        except ClientError as e:
            assert e.response["Error"]["Code"] == "ResourceNotFoundException"
            return False
        return True


@pytest.fixture
def schedules(aws: Aws) -> Iterator[Schedules]:
    made = Schedules(aws)
    yield made
    for name in made.names:
        if made.there(name):
            made.client.delete_schedule(Name=name)


def test_one_time_sends_its_input_and_goes(schedules: Schedules, aws: Aws) -> None:
    queue = Queue(aws)
    given = {"run": "nightly", "arn": "<aws.scheduler.schedule-arn>"}
    name = schedules.create(
        queue.arn, Target={"Input": json.dumps(given)}, ActionAfterCompletion="DELETE"
    )
    [body] = queue.wait(1)
    arn = f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{name}"
    assert json.loads(body) == {"run": "nightly", "arn": arn}
    wait_until(lambda: not schedules.there(name), timeout=30, what="it is deleted")


def test_rate_begins_at_once_and_has_an_event_by_default(schedules: Schedules, aws: Aws) -> None:
    queue = Queue(aws)
    schedules.create(queue.arn, "rate(1 hour)")
    event = json.loads(queue.wait(1)[0])
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["resources"][0].endswith(schedules.names[0])


def test_cron_of_a_time_zone(schedules: Schedules, aws: Aws) -> None:
    """A minute from now by the clock of Kathmandu, five hours and 45 minutes ahead."""
    queue = Queue(aws)
    moment = datetime.now(UTC) + timedelta(hours=5, minutes=45, seconds=5)
    ahead = moment + timedelta(minutes=1)
    zone = {"ScheduleExpressionTimezone": "Asia/Kathmandu"}
    found = schedules.create(queue.arn, f"cron({ahead.minute} {ahead.hour} * * ? *)", **zone)
    shown = schedules.client.get_schedule(Name=found)
    assert shown["ScheduleExpressionTimezone"] == "Asia/Kathmandu"
    schedules.client.update_schedule(
        Name=found,
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow=OFF,
        Target={"Arn": queue.arn, "RoleArn": ROLE, "Input": "updated"},
        **zone,
    )
    assert queue.wait(1) == ["updated"]


def test_universal_target_starts_a_job_run(schedules: Schedules, aws: Aws, bucket: str) -> None:
    name = unique("job")
    aws("glue").create_job(
        Name=name,
        Role=ROLE,
        Command={"Name": "pythonshell", "ScriptLocation": f"s3://{bucket}/absent.py"},
        MaxCapacity=0.0625,
    )
    schedules.create(
        "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
        Target={"Input": json.dumps({"JobName": name, "Arguments": {"--day": "monday"}})},
    )
    runs = wait_until(
        lambda: aws("glue").get_job_runs(JobName=name)["JobRuns"], timeout=60, what="a run"
    )
    assert runs[0]["Arguments"] == {"--day": "monday"}


def test_templated_targets(schedules: Schedules, aws: Aws) -> None:
    bus = Bus(aws, {"source": ["lake.test"], "detail-type": ["Nightly"]})
    schedules.create(
        "arn:aws:events:us-east-1:000000000000:event-bus/default",
        Target={
            "Input": '{"n": 1}',
            "EventBridgeParameters": {"DetailType": "Nightly", "Source": "lake.test"},
        },
    )
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    heard = Queue(aws)
    raw = {"RawMessageDelivery": "true"}
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard.arn, Attributes=raw)
    schedules.create(topic, Target={"Input": "told"})
    stream = unique("stream")
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    parameters = {"Input": "put", "KinesisParameters": {"PartitionKey": "k"}}
    schedules.create(f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}", Target=parameters)
    states = aws("stepfunctions")
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    machine = states.create_state_machine(
        name=unique("machine"), roleArn=ROLE, definition=json.dumps(definition)
    )["stateMachineArn"]
    schedules.create(machine, Target={"Input": '{"n": 2}'})

    assert bus.wait(1)[0]["detail"] == {"n": 1}
    assert heard.wait(1) == ["told"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    read: Callable[[], Any] = lambda: kinesis.get_records(ShardIterator=iterator)["Records"]  # noqa: E731
    assert wait_until(read, timeout=60, what="a record")[0]["Data"] == b"put"
    executions: Callable[[], Any] = lambda: states.list_executions(stateMachineArn=machine)[  # noqa: E731
        "executions"
    ]
    assert wait_until(executions, timeout=60, what="an execution")


def test_target_that_is_gone_goes_to_the_dead_letter_queue(schedules: Schedules, aws: Aws) -> None:
    dead = Queue(aws)
    gone = "arn:aws:sqs:us-east-1:000000000000:" + unique("gone")
    policy = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}
    name = schedules.create(
        gone,
        Target={
            "Input": "lost?",
            "RetryPolicy": policy,
            "DeadLetterConfig": {"Arn": dead.arn},
        },
    )
    assert dead.wait(1) == ["lost?"]
    attributes = dead.messages[0]["MessageAttributes"]
    assert "NonExistentQueue" in attributes["ERROR_CODE"]["StringValue"]
    assert attributes["TARGET_ARN"]["StringValue"] == gone
    assert attributes["SCHEDULE_ARN"]["StringValue"].endswith(name)


def test_groups_lists_and_their_ends(schedules: Schedules, aws: Aws) -> None:
    client, group = schedules.client, unique("group")
    arn = client.create_schedule_group(Name=group, Tags=[{"Key": "a", "Value": "b"}])[
        "ScheduleGroupArn"
    ]
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    queue = Queue(aws).arn
    for name in ("a-1", "a-2", "b-1"):
        client.create_schedule(
            Name=name,
            GroupName=group,
            ScheduleExpression="rate(1 day)",
            State="DISABLED",
            FlexibleTimeWindow=OFF,
            Target={"Arn": queue, "RoleArn": ROLE},
        )
    first = client.list_schedules(GroupName=group, NamePrefix="a-", MaxResults=1)
    assert [s["Name"] for s in first["Schedules"]] == ["a-1"]
    second = client.list_schedules(
        GroupName=group, NamePrefix="a-", MaxResults=1, NextToken=first["NextToken"]
    )
    assert [s["Name"] for s in second["Schedules"]] == ["a-2"]
    assert "NextToken" not in second
    shown = client.get_schedule(Name="a-1", GroupName=group)
    assert shown["Target"]["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 86400,
        "MaximumRetryAttempts": 185,
    }
    assert (shown["ActionAfterCompletion"], shown["State"]) == ("NONE", "DISABLED")
    client.delete_schedule_group(Name=group)
    with pytest.raises(ClientError, match="does not exist"):
        client.get_schedule(Name="a-1", GroupName=group)
    with pytest.raises(ClientError, match="cannot be deleted"):
        client.delete_schedule_group(Name="default")


QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"expression": "cron(0 3 * * *)"}, "Invalid Schedule Expression cron"),
        ({"expression": "cron(0 3 * * MON *)"}, "Invalid Schedule Expression cron"),
        ({"expression": "rate(5 seconds)"}, "Invalid Schedule Expression rate"),
        ({"expression": "at(tomorrow)"}, "Invalid Schedule Expression at"),
        ({"ScheduleExpressionTimezone": "Mars/X"}, "Invalid Schedule Expression Timezone Mars"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}}, "1440"),
        ({"arn": "nonsense"}, "not in correct format"),
        ({"arn": "arn:aws:ecs:us-east-1:000000000000:cluster/c"}, "is not emulated"),
        ({"arn": "arn:aws:scheduler:::aws-sdk:glue:getJob"}, "only reads"),
        ({"arn": "arn:aws:scheduler:::aws-sdk:glue:startNothing"}, "is not an operation of glue"),
        ({"arn": "arn:aws:scheduler:::aws-sdk:nothing:startJobRun"}, "not a valid service"),
        ({"arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}, "KinesisParameters"),
        ({"arn": f"{QUEUE}.fifo"}, "MessageGroupId"),
        ({"Target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}}, "185"),
        (
            {"expression": "rate(1 day)", "StartDate": datetime(2020, 1, 1, tzinfo=UTC)},
            "cannot be earlier than 5 minutes ago",
        ),
    ],
)
def test_what_aws_refuses(schedules: Schedules, given: dict[str, Any], said: str) -> None:
    more = dict(given)
    with pytest.raises(ClientError) as caught:
        schedules.create(more.pop("arn", QUEUE), more.pop("expression", None), **more)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert said in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_second_one_of_a_name(schedules: Schedules) -> None:
    name = schedules.create(QUEUE, "rate(1 day)", State="DISABLED", ClientToken="once")
    request = {
        "Name": name,
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": OFF,
        "Target": {"Arn": QUEUE, "RoleArn": ROLE},
    }
    schedules.client.create_schedule(**request, ClientToken="once")  # an SDK repeats its request
    with pytest.raises(ClientError) as caught:
        schedules.client.create_schedule(**request)
    error = caught.value.response
    assert error["Error"]["Code"] == "ConflictException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 409
    with pytest.raises(ClientError, match="does not exist"):
        schedules.client.update_schedule(**{**request, "Name": unique("absent")})
