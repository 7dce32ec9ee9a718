"""Pipes between what a test makes."""

from __future__ import annotations

import functools
import json
from typing import Any

from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.support import unique, wait_until


class Pipes:
    """Makes pipes, and deletes them after the test."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.api = aws, aws("pipes")
        self.names: list[str] = []

    def make(self, source: str, target: str, state: str = "RUNNING", **more: Any) -> str:
        """A pipe, once it is in a state."""
        name = unique("pipe")
        self.api.create_pipe(Name=name, Source=source, Target=target, RoleArn=ROLE, **more)
        self.names.append(name)
        self.wait(name, state)
        return name

    def wait(self, name: str, state: str) -> dict[str, Any]:
        """What DescribePipe shows, once the pipe is in a state."""

        def there() -> dict[str, Any] | None:
            found: dict[str, Any] = self.api.describe_pipe(Name=name)
            return found if found["CurrentState"] == state else None

        return wait_until(there, what=f"{name} {state}")

    def gone(self, name: str) -> bool:
        """Whether there is no such pipe."""
        return not any(p["Name"] == name for p in self.api.list_pipes(NamePrefix=name)["Pipes"])

    def clean(self) -> None:
        """Delete them, and wait until they are gone."""
        for name in self.names:
            if not self.gone(name):
                self.api.delete_pipe(Name=name)
                wait_until(functools.partial(self.gone, name), what=f"{name} gone")


class Stream:
    """A stream of Kinesis."""

    def __init__(self, aws: Aws, shards: int = 1) -> None:
        self._kinesis, self.name = aws("kinesis"), unique("stream")
        self._kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        self._kinesis.get_waiter("stream_exists").wait(StreamName=self.name)
        found = self._kinesis.describe_stream_summary(StreamName=self.name)
        self.arn: str = found["StreamDescriptionSummary"]["StreamARN"]

    def put(self, *values: Any) -> None:
        """Put each value as JSON."""
        records = [{"Data": json.dumps(v).encode(), "PartitionKey": "k"} for v in values]
        self._kinesis.put_records(StreamName=self.name, Records=records)


def send(aws: Aws, queue: Queue, *values: Any) -> None:
    """Send each value as JSON."""
    for value in values:
        aws("sqs").send_message(QueueUrl=queue.url, MessageBody=json.dumps(value))


def of_kinesis(**more: Any) -> dict[str, Any]:
    """SourceParameters that read a stream from its beginning."""
    return {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON", **more}}
