"""Queues that hear what happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.support import unique, wait_until

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/any"


class Queue:
    """A queue, and all that has come into it."""

    def __init__(self, aws: Aws) -> None:
        self._sqs = aws("sqs")
        self.url = self._sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn: str = found["Attributes"]["QueueArn"]
        self.messages: list[dict[str, Any]] = []

    def bodies(self) -> list[str]:
        """All bodies so far, in the order in which they were received."""
        while True:
            found = self._sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            ).get("Messages", [])
            if not found:
                return [message["Body"] for message in self.messages]
            self.messages += found
            for message in found:
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def wait(self, count: int, timeout: float = 90) -> list[str]:
        """The bodies, once there are so many."""

        def enough() -> list[str] | None:
            found = self.bodies()
            return found if len(found) >= count else None

        return wait_until(enough, timeout=timeout, what=f"{count} messages")


class Bus:
    """A rule of the default bus whose events go into a queue."""

    def __init__(self, aws: Aws, pattern: dict[str, Any]) -> None:
        self.queue = Queue(aws)
        events, name = aws("events"), unique("rule")
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": self.queue.arn}])

    def wait(self, count: int) -> list[dict[str, Any]]:
        """The events, once there are so many, by their time of arrival."""
        return [json.loads(body) for body in self.queue.wait(count)]
