"""SQS's metrics of messages, by the collector of all metrics.

LocalStack 4.9.2 sends a PutMetricData request for each metric of each message, which costs more
than the message; a thousand messages keep the emulator busy for long after they are through.
"""

from __future__ import annotations

from typing import Any

from localstack.utils.bootstrap import is_api_enabled

from lakestack import patches
from lakestack.services.metrics import COLLECTOR, Kind


def install() -> None:
    """Collect what SQS would send."""

    def collect(
        dispatcher: Any,
        account_id: str,
        region: str,
        queue_name: str,
        metric: str,
        value: float = 1,
        unit: str = "Count",
    ) -> None:
        if dispatcher.running and is_api_enabled("cloudwatch"):
            dimensions = (("QueueName", queue_name),)
            COLLECTOR.add(Kind(account_id, region, "AWS/SQS", dimensions, metric, unit), value)

    patches.replace("sqs.metrics", collect)
