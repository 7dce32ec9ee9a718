"""Which metrics the emulator publishes; the collector takes no others.

The table of docs/fidelity.md is made from this one.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """The metrics of a namespace that have the same dimensions.

    Attributes:
        dimensions: their names
        page: of AWS, which says what they mean
    """

    namespace: str
    dimensions: tuple[str, ...]
    names: tuple[str, ...]
    page: str


def _each(prefixes: str, names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for prefix in prefixes.split() for name in names.split())


PUBLISHED = (
    Published(
        "AWS/Lambda",
        ("FunctionName",),
        ("Invocations", "Errors", "IteratorAge"),
        "AWS Lambda Developer Guide, Types of metrics for Lambda functions",
    ),
    Published(
        "AWS/SQS",
        ("QueueName",),
        (
            "NumberOfMessagesSent",
            "SentMessageSize",
            "NumberOfMessagesReceived",
            "NumberOfEmptyReceives",
            "NumberOfMessagesDeleted",
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ),
        "Amazon SQS Developer Guide, Available CloudWatch metrics for Amazon SQS",
    ),
    Published(
        "AWS/Kinesis",
        ("StreamName",),
        (
            "IncomingRecords",
            "IncomingBytes",
            *_each("PutRecord", "Success Bytes"),
            *_each(
                "PutRecords",
                "Success TotalRecords SuccessfulRecords FailedRecords ThrottledRecords Bytes "
                "Records",
            ),
            "WriteProvisionedThroughputExceeded",
            *_each("GetRecords", "Success Records Bytes IteratorAgeMilliseconds"),
        ),
        "Amazon Kinesis Data Streams Developer Guide, Monitoring with Amazon CloudWatch",
    ),
    Published(
        "AWS/Firehose",
        ("DeliveryStreamName",),
        (
            "IncomingRecords",
            "IncomingBytes",
            *_each("PutRecord", "Requests Bytes"),
            *_each("PutRecordBatch", "Requests Bytes Records"),
            *_each("DataReadFromKinesisStream", "Records Bytes"),
            *_each(
                "DeliveryToS3 BackupToS3 DeliveryToHttpEndpoint",
                "Success Records Bytes DataFreshness",
            ),
        ),
        "Amazon Data Firehose Developer Guide, Monitor with CloudWatch metrics",
    ),
    Published(
        "AWS/Events",
        ("RuleName",),
        (
            "TriggeredRules",
            "Invocations",
            "FailedInvocations",
            "InvocationsSentToDlq",
            "InvocationsFailedToBeSentToDlq",
        ),
        "Amazon EventBridge User Guide, Monitoring Amazon EventBridge",
    ),
    Published(
        "Glue",
        ("JobName", "JobRunId", "Type"),
        ("glue.driver.aggregate.elapsedTime",),
        "AWS Glue Developer Guide, Monitoring AWS Glue using Amazon CloudWatch metrics",
    ),
)

KNOWN = {(each.namespace, each.dimensions, name) for each in PUBLISHED for name in each.names}
"""Namespace, dimensions and name of each."""
