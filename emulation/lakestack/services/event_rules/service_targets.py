"""State machines, streams and event buses as targets: what they need of the event itself.

LocalStack 4.9.2 looks for it in what the target gets, which need not have it.
"""

from __future__ import annotations

from typing import Any

from localstack.services.events.target import (
    EventsTargetSender,
    KinesisTargetSender,
    StatesTargetSender,
)
from localstack.services.events.utils import to_json_str

from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.json_paths import NOTHING, at_path
from lakestack.services.event_rules.target_input import OriginalSender

_LONGEST_KEY = 256
"""Characters of a partition key (Kinesis Data Streams API Reference, "PutRecord")."""


class StateMachineSender(OriginalSender, StatesTargetSender):
    """Names an execution by the event and its delivery.

    Two rules may start the same state machine with an event; a second attempt has the same name.
    """

    def send(self, delivery: Delivery, document: Any) -> None:
        self.service = "stepfunctions"
        self.client.start_execution(
            stateMachineArn=self.target["Arn"],
            name=f"{delivery.event['id']}_{delivery.id}",
            input=to_json_str(document),
        )


class StreamSender(OriginalSender, KinesisTargetSender):
    """Takes the partition key from the event.

    API Reference, "KinesisParameters": by default it is the event's id.
    """

    def send(self, delivery: Delivery, document: Any) -> None:
        self.client.put_record(
            StreamName=self.target["Arn"].split("/")[-1],
            Data=to_json_str(document).encode(),
            PartitionKey=self._key(delivery),
        )

    def _key(self, delivery: Delivery) -> str:
        path = (self.target.get("KinesisParameters") or {}).get("PartitionKeyPath")
        found = at_path(delivery.shown(), path) if path else NOTHING
        if found is NOTHING or found == "":
            found = delivery.event["id"]
        return (found if isinstance(found, str) else to_json_str(found))[:_LONGEST_KEY]


class EventBusSender(OriginalSender, EventsTargetSender):
    """Sends what the target gets as the detail of the event, unless it is an event itself.

    That is our guess. A detail is an object (API Reference, "PutEventsRequestEntry").
    """

    def send(self, delivery: Delivery, document: Any) -> None:
        if not isinstance(document, dict):
            raise ValueError(
                f"an event bus takes an object as the detail of an event, not {document!r}; give "
                f"target {self.target['Id']} an input that is one"
            )
        is_event = {"source", "detail-type", "detail"} <= document.keys()
        event = document if is_event else {**delivery.shown(), "detail": document}
        self.send_event(event, delivery.trace)
