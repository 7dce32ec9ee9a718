"""S3's events: the key in notifications and for EventBridge, and what nobody is told of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws
from tests.support import wait_until

KEY = "dt=2024-01-01/my file.csv"


class Queues:
    """A bucket that tells two queues: one by itself, one by a rule of EventBridge.

    Attributes:
        notifications: key of what was told by the bucket
        events: details of what came by the rule
    """

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws, self.name = aws, name
        self.notifications: list[str] = []
        self.events: list[dict[str, Any]] = []
        self._own, own_arn = self._queue(f"{name}-own")
        self._ruled, ruled_arn = self._queue(f"{name}-ruled")
        aws("s3").create_bucket(Bucket=name)
        rule = [{"Name": "prefix", "Value": "dt="}]
        aws("s3").put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={
                "QueueConfigurations": [
                    {
                        "QueueArn": own_arn,
                        "Events": ["s3:ObjectCreated:*"],
                        "Filter": {"Key": {"FilterRules": rule}},
                    }
                ],
                "EventBridgeConfiguration": {},
            },
        )
        pattern = {
            "source": ["aws.s3"],
            "detail": {"bucket": {"name": [name]}, "object": {"key": [{"prefix": "dt="}]}},
        }
        aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
        aws("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": ruled_arn}])

    def _queue(self, name: str) -> tuple[str, str]:
        sqs = self._aws("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def receive(self) -> bool:
        """Take what is there; whether both have something."""
        self.notifications += [
            record["s3"]["object"]["key"]
            for message in self._taken(self._own)
            for record in message.get("Records", [])
        ]
        self.events += [message["detail"] for message in self._taken(self._ruled)]
        return bool(self.notifications and self.events)

    def _taken(self, url: str) -> list[dict[str, Any]]:
        sqs, found = self._aws("sqs"), []
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        for message in received.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
        return found

    def delete(self) -> None:
        for url in (self._own, self._ruled):
            self._aws("sqs").delete_queue(QueueUrl=url)
        self._aws("events").remove_targets(Rule=self.name, Ids=["1"])
        self._aws("events").delete_rule(Name=self.name)


@pytest.fixture
def queues(aws: Aws, name: str) -> Iterator[Queues]:
    made = Queues(aws, name)
    yield made
    made.delete()


def test_a_key_is_form_encoded_in_a_notification_and_plain_for_eventbridge(
    aws: Aws, queues: Queues
) -> None:
    put = {"Bucket": queues.name, "Body": b"x"}
    aws("s3").put_object(Key="dt=1/__magic/job/part-0.parquet", **put)
    aws("s3").put_object(Key="other.csv", **put)
    aws("s3").put_object(Key=KEY, **put)

    wait_until(queues.receive, what="a notification and an event")

    assert queues.notifications == ["dt%3D2024-01-01/my+file.csv"]
    assert [detail["object"]["key"] for detail in queues.events] == [KEY]


def test_the_reason_of_a_multipart_upload_is_the_operation(aws: Aws, queues: Queues) -> None:
    s3, names = aws("s3"), {"Bucket": queues.name, "Key": KEY}
    upload = s3.create_multipart_upload(**names)["UploadId"]
    part = s3.upload_part(**names, UploadId=upload, PartNumber=1, Body=b"x")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    s3.complete_multipart_upload(**names, UploadId=upload, MultipartUpload={"Parts": parts})

    wait_until(queues.receive, what="a notification and an event")

    assert [detail["reason"] for detail in queues.events] == ["CompleteMultipartUpload"]
