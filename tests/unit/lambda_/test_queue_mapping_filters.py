"""Messages of a queue reach a mapping's function as they were sent, whatever its filters read."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from localstack.services.lambda_.event_source_mapping.event_processor import (
    PartialBatchFailureError,
)

from lakestack.services.lambda_ import queue_mapping

DOCUMENT = '{"kind":"film", "n":1,"n":2, "title":"\u00e4"}'


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
