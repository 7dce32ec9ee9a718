"""Changes of tasks as messages of SNS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.dms.helpers import Lake, table, to_table
from tests.contract.events.helpers import Aws, Queue
from tests.support import unique


@pytest.fixture
def topic(aws: Aws) -> tuple[str, Queue]:
    """A topic, and a queue that hears it."""
    arn, queue = aws("sns").create_topic(Name=unique("topic"))["TopicArn"], Queue(aws)
    aws("sns").subscribe(
        TopicArn=arn,
        Protocol="sqs",
        Endpoint=queue.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    return arn, queue


def test_what_a_task_does(aws: Aws, topic: tuple[str, Queue]) -> None:
    lake, name, (arn, queue) = Lake(aws), unique("subscription"), topic
    made = lake.dms.create_event_subscription(
        SubscriptionName=name,
        SnsTopicArn=arn,
        SourceType="replication-task",
        EventCategories=["state change", "deletion"],
    )["EventSubscription"]
    assert (made["CustSubscriptionId"], made["Status"]) == (name, "creating")
    (shown,) = lake.dms.describe_event_subscriptions(SubscriptionName=name)[
        "EventSubscriptionsList"
    ]
    assert (shown["Status"], shown["Enabled"], shown["SnsTopicArn"]) == ("active", True, arn)
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    endpoints = lake.endpoints(table("pairs", a="STRING", b="STRING"))
    task = lake.create_task(endpoints, to_table("pairs", lake.target("pairs"), "a"))
    identifier = lake.dms.describe_replication_tasks(
        Filters=[{"Name": "replication-task-arn", "Values": [task]}]
    )["ReplicationTasks"][0]["ReplicationTaskIdentifier"]
    lake.start()
    mine = [m for m in map(json.loads, queue.wait(2)) if m["SourceId"] == identifier]
    assert [m["Event ID"].rpartition("#")[2] for m in mine] == ["DMS-EVENT-0069", "DMS-EVENT-0079"]
    assert mine[0]["Event Source"] == "replication-task"
    assert "fresh start" in mine[0]["Event Message"]
    assert lake.dms.delete_event_subscription(SubscriptionName=name)["EventSubscription"]
    with pytest.raises(ClientError) as refused:
        lake.dms.describe_event_subscriptions(SubscriptionName=name)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundFault"


def test_one_is_changed(aws: Aws, topic: tuple[str, Queue]) -> None:
    dms, name = aws("dms"), unique("subscription")
    tags = [{"Key": "a", "Value": "b"}]
    dms.create_event_subscription(SubscriptionName=name, SnsTopicArn=topic[0], Tags=tags)
    changed = dms.modify_event_subscription(
        SubscriptionName=name, EventCategories=["failure"], Enabled=False
    )["EventSubscription"]
    (shown,) = dms.describe_event_subscriptions(SubscriptionName=name)["EventSubscriptionsList"]
    assert (changed["Status"], shown["Status"]) == ("modifying", "active")
    assert (shown["EventCategoriesList"], shown["Enabled"]) == (["failure"], False)
    arn = f"arn:aws:dms:us-east-1:000000000000:es:{name}"
    assert dms.list_tags_for_resource(ResourceArn=arn)["TagList"] == tags
    dms.delete_event_subscription(SubscriptionName=name)
    with pytest.raises(ClientError) as refused:
        dms.modify_event_subscription(SubscriptionName=name, Enabled=True)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundFault"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"SnsTopicArn": "arn:aws:sns:us-east-1:000000000000:none"}, "SNSInvalidTopicFault"),
        ({"SnsTopicArn": "none"}, "SNSInvalidTopicFault"),
        ({"SourceType": "replication-instance"}, "InvalidParameterValueException"),
        ({"EventCategories": ["weather"]}, "InvalidParameterValueException"),
    ],
)
def test_refused(aws: Aws, topic: tuple[str, Queue], wrong: dict[str, Any], code: str) -> None:
    request = {"SubscriptionName": unique("s"), "SnsTopicArn": topic[0], **wrong}
    with pytest.raises(ClientError) as refused:
        aws("dms").create_event_subscription(**request)
    assert refused.value.response["Error"]["Code"] == code
