"""What expires by the clock of schedules: items of DynamoDB and log events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.contract.events.helpers import Aws, Queue
from tests.contract.lambda_.helpers import create
from tests.support import unique, wait_until

DAY = 86_400
Advance = Callable[[float], None]


@pytest.fixture
def advance(emulator: str) -> Iterator[Advance]:
    """Advances the clock, which is set back at the end."""
    url = f"{emulator}/_lakestack/clock"

    def ahead(seconds: float) -> None:
        assert requests.post(url, json={"seconds": seconds}, timeout=60).status_code == 200

    yield ahead
    requests.delete(url, timeout=60)


def test_items_expire(aws: Aws, advance: Advance) -> None:
    dynamodb, name, now = aws("dynamodb"), unique("table"), int(time.time())
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    moments: dict[str, Any] = {
        "soon": {"N": str(now + DAY)},
        "later": {"N": str(now + 3 * DAY)},
        "text": {"S": str(now)},
        "ancient": {"N": "86400"},
    }
    for key, until in moments.items():
        dynamodb.put_item(TableName=name, Item={"id": {"S": key}, "until": until})
    queue = Queue(aws)
    function = create(
        aws,
        unique("tell"),
        f"""
        import boto3, json
        def handler(event, context):
            for record in event["Records"]:
                if record["eventName"] == "REMOVE":
                    boto3.client("sqs").send_message(
                        QueueUrl="{queue.url}", MessageBody=json.dumps(record)
                    )
        """,
    )
    aws("lambda").create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName=function,
        StartingPosition="TRIM_HORIZON",
    )
    advance(2 * DAY)
    record = json.loads(queue.wait(1)[0])
    assert record["dynamodb"]["OldImage"]["id"] == {"S": "soon"}
    assert record["userIdentity"] == {
        "type": "Service",
        "principalId": "dynamodb.amazonaws.com",
    }
    kept = {item["id"]["S"] for item in dynamodb.scan(TableName=name)["Items"]}
    assert kept == {"later", "text", "ancient"}
    dynamodb.delete_item(TableName=name, Key={"id": {"S": "later"}})
    assert "userIdentity" not in json.loads(queue.wait(2)[1])


def test_log_events_expire(aws: Aws, advance: Advance) -> None:
    logs, group, forever = aws("logs"), unique("/group/"), unique("/group/")
    for name in (group, forever):
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="s")
    logs.put_retention_policy(logGroupName=group, retentionInDays=3)

    def put(message: str, name: str, days: float = 0) -> None:
        at = int((time.time() - days * DAY) * 1000)
        event = {"timestamp": at, "message": message}
        logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[event])

    def held(name: str) -> list[str]:
        found = logs.get_log_events(logGroupName=name, logStreamName="s", startFromHead=True)
        return [event["message"] for event in found["events"]]

    put("old", group, 2)
    put("new", group)
    put("old", forever, 2)
    advance(2 * DAY)
    wait_until(lambda: held(group) == ["new"], what="the old one goes")
    put("newest", group)  # two days younger than what was there
    advance(2 * DAY)
    wait_until(lambda: held(group) == ["newest"], what="the new one goes")
    assert held(forever) == ["old"]
    described = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert described["storedBytes"] == len("newest")
