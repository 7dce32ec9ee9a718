"""Queues as targets: events that wait for the same queue go to it together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.events.target import SqsTargetSender
from localstack.services.events.utils import to_json_str
from localstack.utils.aws.arns import sqs_queue_url_for_arn

from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.json_paths import NOTHING
from lakestack.services.event_rules.target_input import input_of

MOST_BYTES = 256 * 1024
"""Of the bodies of one request (API Reference, "SendMessageBatch")."""


class QueueSender(SqsTargetSender):
    """Sends by SendMessageBatch.

    LocalStack asks for the queue's URL and sends a message with each event.
    """

    _url: str | None = None

    def send_all(self, deliveries: Sequence[Delivery]) -> dict[str, Exception]:
        """Send events, at most ten.

        Returns:
            what went wrong, by the id of the delivery
        """
        failed: dict[str, Exception] = {}
        batch: list[tuple[str, str]] = []
        size = 0
        for delivery in deliveries:
            try:
                document = input_of(self, delivery)
                if document is NOTHING:
                    continue
                body = to_json_str(document)
            except Exception as e:
                failed[delivery.id] = e
                continue
            length = len(body.encode())
            if batch and size + length > MOST_BYTES:
                failed |= self._send(batch)
                batch, size = [], 0
            batch.append((delivery.id, body))
            size += length
        return failed | self._send(batch)

    def _send(self, batch: list[tuple[str, str]]) -> dict[str, Exception]:
        if not batch:
            return {}
        group = (self.target.get("SqsParameters") or {}).get("MessageGroupId")
        more = {"MessageGroupId": group} if group else {}
        entries = [{"Id": name, "MessageBody": body, **more} for name, body in batch]
        try:
            self._url = self._url or sqs_queue_url_for_arn(self.target["Arn"])
            answer = self.client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except Exception as e:
            self._url = None
            return dict.fromkeys((name for name, _ in batch), e)
        return {each["Id"]: _error(each) for each in answer.get("Failed", [])}


def _error(entry: dict[str, Any]) -> ClientError:
    status = 400 if entry.get("SenderFault") else 500
    error = {"Code": entry.get("Code", ""), "Message": entry.get("Message", "")}
    response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "SendMessageBatch")
