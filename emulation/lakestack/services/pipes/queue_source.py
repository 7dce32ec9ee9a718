"""A queue as a source.

Amazon EventBridge User Guide, "Amazon Simple Queue Service as a source for EventBridge Pipes": what
the target has is deleted, as is what the filter keeps out. What has failed becomes visible again
after the queue's visibility timeout, and goes to the queue's own dead-letter queue in the end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.pipes import rules, targets
from lakestack.services.pipes.delivery import Delivery, Event, id_of
from lakestack.services.pipes.pipe import Pipe
from lakestack.services.pipes.state import PipesState

LOG = logging.getLogger(__name__)
AT_ONCE = 10
"""Messages that one request receives or deletes."""

WAIT_SECONDS = 1
"""How long a request waits for messages: so long may a pipe take to stop."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds without a look into the queue after a batch has failed, doubled each time (our guess)."""


class QueueSource:
    """Receives messages and delivers them in batches.

    Args:
        stopping: set when it is to end
        disable: disables the pipe, for a reason; does not wait
    """

    def __init__(
        self,
        state: PipesState,
        pipe: Pipe,
        stopping: threading.Event,
        disable: Callable[[str], None],
    ) -> None:
        self._name, self._stopping = pipe.name, stopping
        self._arn: str = pipe.request["Source"]
        own = (pipe.request.get("SourceParameters") or {}).get("SqsQueueParameters") or {}
        self._size = rules.batch_size(pipe.request)
        self._window: float = own.get("MaximumBatchingWindowInSeconds") or 0
        self._delivery = Delivery(state.account, state.region, pipe, disable)
        self._sqs = client(state.account, self._arn.split(":")[3], "sqs")
        self._url = ""
        self._pause = FIRST_PAUSE

    def open(self) -> None:
        """Find the queue.

        Raises:
            ClientError: it is not there
        """
        self._url = targets.queue_url(self._sqs, self._arn)

    def work(self) -> None:
        """Deliver messages until it is to end."""
        while not self._stopping.is_set():
            if messages := self._collect():
                self._process(messages)

    def close(self) -> None:
        """Nothing runs beside `work`."""

    def _collect(self) -> list[dict[str, Any]]:
        """The next batch: when it is full, or its window is over; none if there are no messages."""
        found: list[dict[str, Any]] = []
        began = clock.steady()
        while not self._stopping.is_set() and len(found) < self._size:
            received = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(AT_ONCE, self._size - len(found)),
                WaitTimeSeconds=0 if found and not self._window else WAIT_SECONDS,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            ).get("Messages", [])
            if received and not found:
                began = clock.steady()
            found += received
            if clock.steady() - began >= self._window and not (received and not self._window):
                break
        return found

    def _process(self, messages: list[dict[str, Any]]) -> None:
        events = [event_of(message) for message in messages]
        wanted = [event for event in events if self._delivery.passes(event)]
        done = {event["messageId"] for event in events} - {event["messageId"] for event in wanted}
        self._delete(messages, done)
        if not wanted:
            return
        region = self._arn.split(":")[3]
        more = {"eventSource": "aws:sqs", "eventSourceARN": self._arn, "awsRegion": region}
        sent = [{**event, **more} for event in wanted]
        try:
            failed = self._delivery.deliver(sent)
        except Exception as e:
            # The messages stay in the queue, which counts how often they were received.
            LOG.warning("pipe %s: %d messages have failed: %s", self._name, len(sent), e)
            failed = {id_of(event) for event in sent}
        self._delete(messages, {id_of(event) for event in sent} - failed)
        if failed:
            self._stopping.wait(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE) if failed else FIRST_PAUSE

    def _delete(self, messages: list[dict[str, Any]], done: set[str]) -> None:
        handles = [each["ReceiptHandle"] for each in messages if each["MessageId"] in done]
        for begin in range(0, len(handles), AT_ONCE):
            entries = [
                {"Id": str(at), "ReceiptHandle": handle}
                for at, handle in enumerate(handles[begin : begin + AT_ONCE])
            ]
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            for entry in answer.get("Failed", []):
                LOG.error("pipe %s: a message stays in its queue: %s", self._name, entry)


def event_of(message: dict[str, Any]) -> Event:
    """A message as the pipe sees it, before the source's metadata is added."""
    attributes = {
        name: {key[:1].lower() + key[1:]: part for key, part in value.items()}
        for name, value in (message.get("MessageAttributes") or {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
    }
