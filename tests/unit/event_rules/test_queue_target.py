"""Events to a queue: together, in requests that SQS takes, each error with its event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from localstack.services.events.target import TargetSender

from lakestack.services.event_rules import queue_target
from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.failure import may_pass
from lakestack.services.event_rules.queue_target import QueueSender

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"


class Sqs:
    """Refuses messages with these words in them."""

    def __init__(self, refused: dict[str, dict[str, Any]]) -> None:
        self.refused, self.requests = refused, list[list[dict[str, Any]]]()

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request["Entries"])
        failed = [
            {"Id": entry["Id"], **error}
            for entry in request["Entries"]
            for word, error in self.refused.items()
            if word in entry["MessageBody"]
        ]
        return {"Failed": failed}


def _sender(monkeypatch: pytest.MonkeyPatch, sqs: Sqs, **target: Any) -> QueueSender:
    monkeypatch.setattr(queue_target, "sqs_queue_url_for_arn", lambda _arn: "url")
    monkeypatch.setattr(TargetSender, "client", sqs)
    given: Any = {"Id": "1", "Arn": QUEUE, **target}
    return QueueSender(given, "rule", "r", "sqs", "eu-west-1", "123456789012")


def _deliveries(*events: dict[str, Any]) -> list[Delivery]:
    now = datetime.now(UTC)
    return [Delivery("1", "eu-west-1", "rule", "r", "1", event, now) for event in events]


def test_events_go_together_as_the_target_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs({})
    sender = _sender(monkeypatch, sqs, InputPath="$.detail", SqsParameters={"MessageGroupId": "g"})
    sent = _deliveries(*({"detail": {"n": n}, "event-bus-name": "b"} for n in range(10)))
    assert sender.send_all(sent) == {}
    [entries] = sqs.requests
    assert [json.loads(entry["MessageBody"])["n"] for entry in entries] == list(range(10))
    assert {entry["MessageGroupId"] for entry in entries} == {"g"}


def test_a_request_has_no_more_than_a_queue_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs({})
    sent = _deliveries(*({"detail": "x" * 100_000, "n": n} for n in range(5)))
    assert _sender(monkeypatch, sqs).send_all(sent) == {}
    assert [len(entries) for entries in sqs.requests] == [2, 2, 1]


def test_each_error_is_of_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs(
        {
            "bad": {"Code": "InvalidMessageContents", "SenderFault": True},
            "late": {"Code": "InternalError", "SenderFault": False},
        }
    )
    sent = _deliveries({"n": "good"}, {"n": "bad"}, {"n": "late"})
    failed = _sender(monkeypatch, sqs).send_all(sent)
    assert set(failed) == {sent[1].id, sent[2].id}
    assert not may_pass(failed[sent[1].id])
    assert may_pass(failed[sent[2].id])
