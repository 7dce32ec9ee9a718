"""What can be a pipe's source, enrichment and target here, by its ARN.

Amazon EventBridge User Guide, "Amazon EventBridge Pipes sources", "Event enrichment in Amazon
EventBridge Pipes", "Amazon EventBridge Pipes targets" and, for the sizes of batches, "Amazon
EventBridge Pipes batching and concurrency".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes:
        service: as ARNs have it
        resource: how the last part of its ARN begins
        parameters: member of SourceParameters or TargetParameters that is for it, if any
        most: events that go to a target at once; None: the batch is one request
    """

    service: str
    resource: str
    parameters: str | None = None
    most: int | None = None


KINESIS = Kind("kinesis", "stream/", "KinesisStreamParameters")
DYNAMODB = Kind("dynamodb", "table/", "DynamoDBStreamParameters")
SQS = Kind("sqs", "", "SqsQueueParameters")
SOURCES = (KINESIS, DYNAMODB, SQS)

LAMBDA = Kind("lambda", "function:", "LambdaFunctionParameters")
STATES = Kind("states", "stateMachine:", "StepFunctionStateMachineParameters")
HTTP = Kind("events", "api-destination/", "HttpParameters", 1)
ENRICHMENTS = (LAMBDA, STATES, HTTP)

TO_SQS = Kind("sqs", "", "SqsQueueParameters", 10)
TO_SNS = Kind("sns", "", None, 10)
TO_EVENTS = Kind("events", "event-bus/", "EventBridgeEventBusParameters", 10)
TO_KINESIS = Kind("kinesis", "stream/", "KinesisStreamParameters", 500)
TO_FIREHOSE = Kind("firehose", "deliverystream/", None, 500)
TO_LOGS = Kind("logs", "log-group:", "CloudWatchLogsParameters", 10_000)
TARGETS = (LAMBDA, STATES, TO_SQS, TO_SNS, TO_EVENTS, TO_KINESIS, TO_FIREHOSE, TO_LOGS, HTTP)

ALL = {"sources": SOURCES, "enrichments": ENRICHMENTS, "targets": TARGETS}

SOURCE_NAMES = "streams of Kinesis and DynamoDB, queues of SQS"
ENRICHMENT_NAMES = "functions of Lambda, express state machines of Step Functions, API destinations"
TARGET_NAMES = (
    "functions of Lambda, state machines, queues of SQS, topics of SNS, event buses, streams of "
    "Kinesis and Firehose, log groups of CloudWatch Logs, API destinations"
)


def kind_of(arn: str, kinds: tuple[Kind, ...]) -> Kind | None:
    """The kind of an ARN; None where it is none of them."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return None
    for kind in kinds:
        if parts[2] == kind.service and parts[5].startswith(kind.resource):
            return kind if kind is not DYNAMODB or "/stream/" in parts[5] else None
    return None
