"""Which events a mapping's patterns let pass, and that they are the events as they came."""

from __future__ import annotations

import base64
import copy
import hashlib
from typing import Any

import pytest
from localstack.services.lambda_.event_source_mapping.event_processor import (
    PartialBatchFailureError,
)

from lakestack.services.lambda_ import mapping_filters, queue_mapping

DOCUMENT = '{"kind":"film", "n":1,"n":2, "title":"\u00e4"}'
NO_UTF8 = b"\xff\xfe\xfd"
DEEP = "[" * 100_000


def message(body: str) -> dict[str, Any]:
    return {"messageId": "m", "body": body}


def record(data: bytes | str) -> dict[str, Any]:
    raw = data if isinstance(data, bytes) else data.encode()
    return {"kinesis": {"partitionKey": "k", "data": base64.b64encode(raw).decode()}}


OF_KEY = {"kinesis": {"partitionKey": ["k"]}}


@pytest.mark.parametrize(
    ("pattern", "event", "passes"),
    [
        ({"body": {"kind": ["film"]}}, message(DOCUMENT), True),
        ({"body": {"n": [2]}}, message(DOCUMENT), True),
        ({"body": {"kind": ["book"]}}, message(DOCUMENT), False),
        ({"body": {"kind": [{"exists": False}]}}, message("film"), False),
        ({"body": {"kind": [{"exists": False}]}}, message(DEEP), False),
        ({"body": {"kind": [{"exists": False}]}}, message('{"a":1}'), True),
        ({"body": ["film"]}, message("film"), True),
        ({"body": ["film"]}, message(DOCUMENT), False),
        ({"messageId": ["m"]}, message("["), True),
        ({"data": {"kind": ["film"]}}, record(DOCUMENT), True),
        ({"data": {"kind": ["book"]}}, record(DOCUMENT), False),
        ({"data": {"kind": [{"exists": False}]}}, record("film"), False),
        ({"data": {"kind": ["film"]}}, record(NO_UTF8), False),
        (OF_KEY, record(NO_UTF8), True),
        ({"eventName": ["INSERT"]}, {"eventName": "INSERT", "dynamodb": {"Keys": {}}}, True),
        ({"eventName": ["INSERT"]}, {"eventName": "REMOVE", "dynamodb": {"Keys": {}}}, False),
    ],
)
def test_passing(pattern: dict[str, Any], event: dict[str, Any], passes: bool) -> None:
    before = copy.deepcopy(event)
    found = mapping_filters.passing([pattern], [event])
    assert [id(each) for each in found] == ([id(event)] if passes else [])
    assert event == before


def test_one_of_several_patterns_is_enough() -> None:
    patterns = [{"data": {"kind": ["film"]}}, OF_KEY]
    events = [record("none"), record(DOCUMENT)]
    assert mapping_filters.passing(patterns, events) == events
    assert mapping_filters.passing([], events) == events


class Poller:
    """As much of LocalStack's poller as messages meet."""

    def __init__(self, patterns: list[dict[str, Any]], failed: str | None = None) -> None:
        self.filter_patterns, self._failed, self.processor = patterns, failed, self
        self.sent: list[dict[str, Any]] = []
        self.deleted: set[str] = set()

    def add_source_metadata(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return events

    def process_events_batch(self, events: list[dict[str, Any]]) -> None:
        self.sent += events
        if self._failed:
            failures = {"batchItemFailures": [{"itemIdentifier": self._failed}]}
            raise PartialBatchFailureError(partial_failure_payload=failures)

    def delete_messages(self, _messages: Any, ids: set[str]) -> None:
        self.deleted |= ids


@pytest.mark.parametrize("patterns", [[], [{"body": {"kind": ["film"]}}]])
@pytest.mark.parametrize("failed", [None, "1"])
def test_messages_are_delivered_as_they_were_sent(
    patterns: list[dict[str, Any]], failed: str | None
) -> None:
    poller: Any = Poller(patterns, failed)
    bodies = [DOCUMENT, DOCUMENT, "no film"]
    queue_mapping.handle_messages(
        poller,
        [
            {
                "MessageId": str(n),
                "ReceiptHandle": f"r{n}",
                "Body": body,
                "MD5OfBody": hashlib.md5(body.encode()).hexdigest(),  # noqa: S324 - SQS's
            }
            for n, body in enumerate(bodies)
        ],
    )
    assert [event["body"] for event in poller.sent] == bodies[: 2 if patterns else 3]
    for event in poller.sent:
        assert hashlib.md5(event["body"].encode()).hexdigest() == event["md5OfBody"]  # noqa: S324
    assert poller.deleted == {"0", "1", "2"} - {failed}
