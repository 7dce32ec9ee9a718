"""Delivery streams that subscribe to topics: what one does not take goes to the dead-letter queue.

Amazon SNS Developer Guide, "Amazon SNS dead-letter queues": a message that a subscribed endpoint
refuses, or that is gone, is a client-side error and not tried again. LocalStack 4.9.2 drops it,
whatever the subscription's RedrivePolicy.
"""

from __future__ import annotations

import logging
from typing import Any

from lakestack import patches
from lakestack.services.base import client

LOG = logging.getLogger(__name__)


def install() -> None:
    """Put ours into the place of LocalStack's, once that is loaded."""
    patches.replace_on_import("sns.firehose", _publishing)


def _publishing(original: Any) -> Any:  # noqa: ARG001 - replaced
    def _publish(publisher: Any, context: Any, subscriber: dict[str, str]) -> None:
        from localstack.services.sns.publisher import store_delivery_log
        from localstack.utils.aws.dead_letter_queue import sns_error_to_dead_letter_queue

        attributes = context.topic_attributes
        body = publisher.prepare_message(context.message, subscriber, topic_attributes=attributes)
        _, _, _, region, account, stream = subscriber["Endpoint"].split(":", 5)
        failure = ""
        try:
            client(account, region, "firehose").put_record(
                DeliveryStreamName=stream.partition("/")[2], Record={"Data": body.encode()}
            )
        except Exception as e:
            failure = str(e)
            LOG.warning("subscription %s: %s", subscriber["SubscriptionArn"], failure)
        store_delivery_log(context.message, subscriber, not failure, attributes)
        if failure:
            sns_error_to_dead_letter_queue(subscriber, body, failure)

    return _publish
