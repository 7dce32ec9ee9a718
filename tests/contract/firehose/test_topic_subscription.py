"""Delivery streams that subscribe to topics: they get the messages, or a dead-letter queue does."""

from __future__ import annotations

import json

from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.support import REGION, unique, wait_until


def test_messages_come_into_s3(aws: Aws, bucket: str, name: str) -> None:
    firehose, sns = aws("firehose"), aws("sns")
    arn = firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "RoleARN": ROLE,
            "BufferingHints": {"IntervalInSeconds": 1, "SizeInMBs": 1},
        },
    )["DeliveryStreamARN"]

    def status() -> str:
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)
        return str(described["DeliveryStreamDescription"]["DeliveryStreamStatus"])

    wait_until(lambda: status() == "ACTIVE", what=f"{name} active")
    topic = sns.create_topic(Name=name)["TopicArn"]
    attributes = {"SubscriptionRoleArn": ROLE, "RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="firehose", Endpoint=arn, Attributes=attributes)
    sns.publish(TopicArn=topic, Message="hello")
    found = wait_until(
        lambda: aws("s3").list_objects_v2(Bucket=bucket).get("Contents"), what="an object"
    )
    body = aws("s3").get_object(Bucket=bucket, Key=found[0]["Key"])["Body"].read()
    assert body.strip() == b"hello"


def test_what_no_stream_takes_goes_to_the_dead_letter_queue(aws: Aws) -> None:
    sns, dead = aws("sns"), Queue(aws)
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    gone = f"arn:aws:firehose:{REGION}:000000000000:deliverystream/{unique('gone')}"
    attributes = {
        "SubscriptionRoleArn": ROLE,
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead.arn}),
    }
    sns.subscribe(TopicArn=topic, Protocol="firehose", Endpoint=gone, Attributes=attributes)
    sns.publish(TopicArn=topic, Message="hello")
    assert json.loads(dead.wait(1)[0])["Message"] == "hello"
