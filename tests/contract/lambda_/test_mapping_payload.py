"""A mapping delivers what was sent, byte by byte, whether or not its filter has read it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.events.helpers import Queue
from tests.contract.lambda_.helpers import Aws, create
from tests.contract.lambda_.mapping_helpers import Mapping
from tests.support import wait_until

TEXT = '{"kind":"film",  "title":"\u00e4 \\u00e4", "n":1.0, "n":1e2}'
"""Another document than the one that is made of it when it is read and written again."""

FILTER = {"Filters": [{"Pattern": '{"PART": {"kind": ["film"]}}'}]}
OTHERS = ('{"kind":"book"}', "film", "[1")

RECORDING = """
import boto3, json, os, time
def handler(event, context):
    for record in event["Records"]:
        boto3.client("s3").put_object(
            Bucket=os.environ["BUCKET"], Key=f"{time.time_ns():020d}", Body=json.dumps(record))
"""


@pytest.fixture
def mapping(aws: Aws, name: str, bucket: str) -> Iterator[Mapping]:
    found = Mapping(aws, name, bucket)
    create(aws, name, RECORDING, Environment={"Variables": {"BUCKET": bucket}})
    yield found
    for uuid in found.uuids:
        with contextlib.suppress(ClientError):
            aws("lambda").delete_event_source_mapping(UUID=uuid)


def filtering(part: str) -> dict[str, Any]:
    return {"FilterCriteria": json.loads(json.dumps(FILTER).replace("PART", part))}


@pytest.mark.parametrize("filtered", [False, True])
def test_messages(mapping: Mapping, aws: Aws, filtered: bool) -> None:
    queue = Queue(aws)
    mapping.stream = queue.arn
    mapping.map(**(filtering("body") if filtered else {}))
    for text in (*(OTHERS if filtered else ()), TEXT):
        aws("sqs").send_message(QueueUrl=queue.url, MessageBody=text)
    (record,) = wait_until(mapping.notes)
    assert record["body"] == TEXT
    assert record["md5OfBody"] == hashlib.md5(TEXT.encode()).hexdigest()  # noqa: S324 - SQS's
    wait_until(lambda: _held(aws, queue) == 0, what="the queue is empty")
    assert len(mapping.notes()) == 1


@pytest.mark.parametrize("filtered", [False, True])
def test_records(mapping: Mapping, aws: Aws, filtered: bool) -> None:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName=mapping.name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=mapping.name)
    found = kinesis.describe_stream_summary(StreamName=mapping.name)
    mapping.stream = found["StreamDescriptionSummary"]["StreamARN"]
    blobs = [text.encode() for text in OTHERS] + [b"\xff\xfe\xfd"] if filtered else []
    for data in (*blobs, TEXT.encode()):
        kinesis.put_record(StreamName=mapping.name, Data=data, PartitionKey="k")
    mapping.map(**(filtering("data") if filtered else {}))
    (record,) = wait_until(mapping.notes)
    assert base64.b64decode(record["kinesis"]["data"]) == TEXT.encode()
    assert "data" not in record


def _held(aws: Aws, queue: Queue) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws("sqs").get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
    return sum(int(count) for count in found["Attributes"].values())
