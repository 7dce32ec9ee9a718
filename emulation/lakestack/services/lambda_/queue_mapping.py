"""Event source mappings of queues: what LocalStack's poller does with the messages it has received.

AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" and "Handling errors for an SQS event
source in Lambda".
"""

from __future__ import annotations

from typing import Any

from localstack.services.lambda_.event_source_mapping.event_processor import (
    PartialBatchFailureError,
)
from localstack.services.lambda_.event_source_mapping.pollers.poller import (
    parse_batch_item_failures,
)
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import (
    SqsPoller,
    transform_into_events,
)

from lakestack import patches
from lakestack.services import event_filters


def install() -> None:
    """Let LocalStack's poller deliver messages as they were sent."""
    patches.replace("lambda.queue_messages", handle_messages)


def handle_messages(poller: SqsPoller, messages: list[dict[str, Any]]) -> None:
    """Send messages to the function, and delete what it has done and what the filter keeps out.

    Args:
        messages: as SQS has answered them: of one group, where the queue is a FIFO queue

    Raises:
        Exception: the function has failed; the messages come back after their visibility timeout
    """
    events = transform_into_events(messages)
    wanted = event_filters.passing(poller.filter_patterns, events)
    ids = {event["messageId"] for event in wanted}
    poller.delete_messages(messages, {event["messageId"] for event in events} - ids)
    if not wanted:
        return
    try:
        poller.processor.process_events_batch(poller.add_source_metadata(wanted))
    except PartialBatchFailureError as e:
        ids -= set(parse_batch_item_failures(e.partial_failure_payload, ids))
    poller.delete_messages(messages, ids)
