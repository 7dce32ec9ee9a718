"""A stream, a function that writes down its invocations, and the mapping between them."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.lambda_.helpers import Aws, create
from tests.support import wait_until

# Writes down every invocation, in an object of its own, before it does what it is told to.
RECORDING = """
import base64, boto3, json, os, time
s3 = boto3.client("s3")
count = 0
def handler(event, context):
    global count
    count += 1
    seen = [json.loads(base64.b64decode(r["kinesis"]["data"])) for r in event["Records"]]
    note = {"at": time.time(), "seen": seen, "first": event["Records"][0]}
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"{time.time_ns():020d}", Body=json.dumps(note))
    return decide(event["Records"], seen)
"""


class Mapping:
    """A stream, a function and the mapping between them."""

    def __init__(self, aws: Aws, name: str, bucket: str) -> None:
        self.aws, self.name, self.bucket = aws, name, bucket
        self.uuids: list[str] = []
        self.stream = ""

    def prepare(self, decide: str = "return None", shards: int = 1) -> None:
        kinesis = self.aws("kinesis")
        kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        described = wait_until(self._active, what="stream active")
        self.stream = described["StreamARN"]
        source = f"{RECORDING}\ndef decide(records, seen):\n    {decide}\n"
        create(self.aws, self.name, source, Environment={"Variables": {"BUCKET": self.bucket}})

    def _active(self) -> Any:
        described = self.aws("kinesis").describe_stream(StreamName=self.name)
        found = described["StreamDescription"]
        return found if found["StreamStatus"] == "ACTIVE" else None

    def put(self, *values: Any, key: str = "k") -> None:
        for start in range(0, len(values), 500):
            self.aws("kinesis").put_records(
                StreamName=self.name,
                Records=[
                    {"Data": json.dumps(v).encode(), "PartitionKey": key}
                    for v in values[start : start + 500]
                ],
            )

    def map(self, **settings: Any) -> str:
        position = {} if ":sqs:" in self.stream else {"StartingPosition": "TRIM_HORIZON"}
        request = {**position, **settings}
        created = self.aws("lambda").create_event_source_mapping(
            EventSourceArn=self.stream, FunctionName=self.name, **request
        )
        self.uuids.append(created["UUID"])
        return str(created["UUID"])

    def state(self, uuid: str) -> str:
        return str(self.aws("lambda").get_event_source_mapping(UUID=uuid)["State"])

    def notes(self) -> list[dict[str, Any]]:
        """The function's invocations, in order."""
        s3 = self.aws("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        keys = sorted(o["Key"] for page in pages for o in page.get("Contents", []))
        bodies = [s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys]
        return [json.loads(body) for body in bodies]

    def batches(self) -> list[list[Any]]:
        return [note["seen"] for note in self.notes()]

    def queue(self) -> tuple[str, str]:
        sqs = self.aws("sqs")
        url = sqs.create_queue(QueueName=f"{self.name}-failed")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def received(self, url: str) -> dict[str, Any]:
        messages = wait_until(
            lambda: self.aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")
        )
        body: dict[str, Any] = json.loads(messages[0]["Body"])
        return body
