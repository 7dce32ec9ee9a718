"""SQS's metrics arrive in CloudWatch, whole.

SQS Developer Guide, "Available CloudWatch metrics".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.lambda_.helpers import Aws
from tests.support import unique, wait_until


def test_the_metrics_of_messages_add_up(aws: Aws) -> None:
    sqs, cloudwatch, name = aws("sqs"), aws("cloudwatch"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody="x" * (10 + number % 2))

    def found(metric: str) -> list[Any]:
        now = datetime.now(UTC)
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName=metric,
            Dimensions=[{"Name": "QueueName", "Value": name}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Sum", "SampleCount"],
        )
        points: list[Any] = answer["Datapoints"]
        # LocalStack asks for each statistic by itself: a batch that arrives between
        # two of them is in the second one only, until the next look.
        return [sum(p.get(name, 0) for p in points) for name in ("Sum", "SampleCount")]

    wait_until(lambda: found("NumberOfMessagesSent") == [12, 12], 60)
    assert found("SentMessageSize") == [126, 12]
    sqs.delete_queue(QueueUrl=url)
