"""S3's events: the key in notifications and for EventBridge, and what nobody is told of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws
from tests.contract.refusals import refusal
from tests.support import ACCOUNT, wait_until

KEY = "dt=2024-01-01/my file.csv"


class Queues:
    """A bucket that tells two queues: one by itself, one by a rule of EventBridge.

    Attributes:
        notifications: key of what was told by the bucket
        sequencers: the same's, in the order of arrival
        events: details of what came by the rule
    """

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws, self.name = aws, name
        self.notifications: list[str] = []
        self.sequencers: list[str] = []
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
        about = [
            record["s3"]["object"]
            for message in self._taken(self._own)
            for record in message.get("Records", [])
        ]
        self.notifications += [each["key"] for each in about]
        self.sequencers += [each["sequencer"] for each in about]
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


def test_each_event_has_its_own_sequencer_and_says_who_asked(aws: Aws, queues: Queues) -> None:
    for _ in range(3):
        aws("s3").put_object(Bucket=queues.name, Key=KEY, Body=b"x")

    def all_came() -> bool:
        queues.receive()
        return len(queues.sequencers) == len(queues.events) == 3

    wait_until(all_came, what="three notifications and three events")

    assert len(set(queues.sequencers)) == 3
    assert {e["object"]["sequencer"] for e in queues.events} == set(queues.sequencers)
    assert {e["requester"] for e in queues.events} == {ACCOUNT}


def test_a_deletion_says_whether_a_version_is_gone(aws: Aws, queues: Queues) -> None:
    s3, names = aws("s3"), {"Bucket": queues.name, "Key": KEY}
    s3.put_bucket_versioning(Bucket=queues.name, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(**names, Body=b"x")["VersionId"]
    s3.delete_object(**names)
    s3.delete_object(**names, VersionId=version)

    def all_came() -> bool:
        queues.receive()
        return len(queues.events) == 3

    wait_until(all_came, what="three events")

    deletions = sorted(e["deletion-type"] for e in queues.events if "deletion-type" in e)
    assert deletions == ["Delete Marker Created", "Permanently Deleted"]


def test_what_overlaps_is_refused_and_changes_nothing(aws: Aws, queues: Queues) -> None:
    s3, name = aws("s3"), queues.name
    before = s3.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"]
    second = {"QueueArn": before[0]["QueueArn"], "Events": ["s3:ObjectCreated:Put"]}
    given = {"QueueConfigurations": [*before, second]}
    code, message = refusal(
        lambda: s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration=given
        )
    )
    assert (code, message[:38]) == ("InvalidArgument", "Configuration is ambiguously defined. ")
    assert s3.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"] == before
