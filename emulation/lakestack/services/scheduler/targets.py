"""The targets of schedules: templated ones, and any operation of any API.

Amazon EventBridge Scheduler User Guide, "Using templated targets in EventBridge Scheduler", "Using
universal targets in EventBridge Scheduler" and "Adding context attributes".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from localstack.aws.spec import load_service

from lakestack.services.base import client
from lakestack.services.scheduler.schedule import Document, Invocation
from lakestack.services.sdk_names import boto_name

UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:([A-Za-z0-9-]+):([A-Za-z0-9]+)")
READING = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read"),
    *("lookup", "discover", "validate", "batchGet", "batchDescribe", "batchRead"),
    *("transactGet", "adminGet", "adminList", "testMigration", "retrieve", "testConnection"),
    *("translateDocument", "isAuthorized", "invokeModel"),
)
"""Operations that only read are no targets."""

MAX_INPUT_BYTES = 256 * 1024
"""Of UTF-8; "Quotas for Amazon EventBridge Scheduler", payload of a target."""

_TRANSIENT = ("Throttl", "TooManyRequests", "Unavailable", "InternalFailure", "InternalError")
_MAX_TEXT = 1000


class TargetError(ValueError):
    """A target that AWS refuses, or that is not emulated; the text says which."""


def check(target: Document) -> None:
    """Check a target when its schedule is made.

    Raises:
        TargetError: AWS would refuse it, or nobody here could invoke it
    """
    arn, size = target["Arn"], len((target.get("Input") or "").encode())
    if size > MAX_INPUT_BYTES:
        raise TargetError(f"Input has {size} bytes; a target takes at most {MAX_INPUT_BYTES}")
    if found := UNIVERSAL.fullmatch(arn):
        _operation(found[1], found[2])
        _document(target)
        return
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise TargetError(f"Provided Arn is not in correct format: {arn}")
    kind = _kind(arn)
    if kind is None:
        raise TargetError(
            f"Target {arn} is not emulated; valid: functions, queues, topics, state machines, "
            "event buses, Kinesis and Firehose streams, and arn:aws:scheduler:::aws-sdk:…"
        )
    needed = _NEEDED.get(kind)
    if needed and not target.get(needed):
        raise TargetError(f"{needed} is required for target {arn}")
    fifo = (target.get("SqsParameters") or {}).get("MessageGroupId")
    if kind == "sqs" and arn.endswith(".fifo") and not fifo:
        raise TargetError("SqsParameters.MessageGroupId is required for a FIFO queue")
    if kind == "events":
        _document(target)


def invoke(account: str, region: str, invocation: Invocation) -> None:
    """Invoke a target.

    Raises:
        ClientError: its service refuses
        BotoCoreError: the request cannot be made, for example of what Input has
        ValueError: the Input is no JSON where it has to be
    """
    target, arn = invocation.target, invocation.target["Arn"]
    text = _input(account, region, invocation)
    if found := UNIVERSAL.fullmatch(arn):
        service, operation = _operation(found[1], found[2])
        shape = load_service(service).operation_model(operation).input_shape
        request = _cased(json.loads(text), shape)
        getattr(client(account, region, service), xform_name(operation))(**request)
        return
    kind = _kind(arn)
    if kind is None:
        raise TargetError(f"Target {arn} is not emulated")
    place = arn.split(":", 5)[3] or region
    service = {"states": "stepfunctions"}.get(kind, kind)
    SENDERS[kind](client(account, place, service), arn, text, target)


def to_dead_letter_queue(
    sqs: Any, queue: str, invocation: Invocation, error: Exception, condition: str
) -> None:
    """Send what could not be delivered to a queue.

    Args:
        queue: its ARN
        condition: of the RetryPolicy that was used up; empty where trying again is no use

    Raises:
        ClientError: the queue is not there
    """
    code = type(error).__name__
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
    attributes = {
        "ERROR_CODE": code,
        "ERROR_MESSAGE": str(error)[:_MAX_TEXT] or code,
        "EXECUTION_ID": invocation.id,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(invocation.attempts - 1),
        "SCHEDULED_TIME": _time(invocation),
        "SCHEDULE_ARN": invocation.arn,
        "TARGET_ARN": invocation.target["Arn"],
        **({"EXHAUSTED_RETRY_CONDITION": condition} if condition else {}),
    }
    sqs.send_message(
        QueueUrl=_queue_url(sqs, queue),
        MessageBody=invocation.target.get("Input") or "{}",
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def may_pass(error: Exception) -> bool:
    """Whether trying again is of use: not where the request or its target is wrong."""
    if not isinstance(error, ClientError):
        return not isinstance(error, ValueError | ParamValidationError)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    return status >= 500 or str(error.response["Error"]["Code"]).startswith(_TRANSIENT)


def _lambda(function: Any, arn: str, text: str, target: Document) -> None:  # noqa: ARG001 - a sender
    function.invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode())


def _sqs(sqs: Any, arn: str, text: str, target: Document) -> None:
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    more = {"MessageGroupId": group} if group else {}
    sqs.send_message(QueueUrl=_queue_url(sqs, arn), MessageBody=text, **more)


def _queue_url(sqs: Any, arn: str) -> str:
    account, name = arn.split(":")[4:6]
    return str(sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


def _sns(sns: Any, arn: str, text: str, target: Document) -> None:  # noqa: ARG001 - a sender
    sns.publish(TopicArn=arn, Message=text)


def _states(states: Any, arn: str, text: str, target: Document) -> None:  # noqa: ARG001 - a sender
    states.start_execution(stateMachineArn=arn, input=text)


def _events(events: Any, arn: str, text: str, target: Document) -> None:
    given = target["EventBridgeParameters"]
    entry = {"EventBusName": arn, "Detail": text, **given}
    answer = events.put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        failed = answer["Entries"][0]
        raise TargetError(f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")


def _kinesis(kinesis: Any, arn: str, text: str, target: Document) -> None:
    key = target["KinesisParameters"]["PartitionKey"]
    kinesis.put_record(StreamARN=arn, PartitionKey=key, Data=text.encode())


def _firehose(firehose: Any, arn: str, text: str, target: Document) -> None:  # noqa: ARG001 - a sender
    name = arn.rpartition("/")[2]
    firehose.put_record(DeliveryStreamName=name, Record={"Data": text.encode()})


SENDERS: dict[str, Callable[[Any, str, str, Document], None]] = {
    "lambda": _lambda,
    "sqs": _sqs,
    "sns": _sns,
    "states": _states,
    "events": _events,
    "kinesis": _kinesis,
    "firehose": _firehose,
}
"""What sends to a templated target, by the service of its ARN."""

_NEEDED = {"kinesis": "KinesisParameters", "events": "EventBridgeParameters"}
_RESOURCES = {
    "lambda": "function:",
    "states": "stateMachine:",
    "events": "event-bus/",
    "kinesis": "stream/",
    "firehose": "deliverystream/",
}
TEMPLATED = tuple(f"{service}:{_RESOURCES.get(service, '')}" for service in SENDERS)
"""Services of templated targets, and how the last part of their ARNs begins."""


def _kind(arn: str) -> str | None:
    parts = arn.split(":", 5)
    service, resource = parts[2], parts[5]
    known = service in SENDERS and resource.startswith(_RESOURCES.get(service, ""))
    return service if known else None


def _cased(value: Any, shape: Any) -> Any:
    """A document with the API's names: Input begins each with a capital, as AWS's SDK for Java."""
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, dict):
        names = {name[:1].upper() + name[1:]: name for name in shape.members}
        return {
            names.get(key, key): _cased(each, shape.members.get(names.get(key, key)))
            for key, each in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [_cased(each, shape.member) for each in value]
    return value


def _operation(service: str, action: str) -> tuple[str, str]:
    """boto3's name of a service, and the operation's.

    Raises:
        TargetError: there is none, or it only reads
    """
    name = boto_name(service.lower())
    if name is None:
        raise TargetError(f"{service} is not a valid service of aws-sdk")
    if action.startswith(READING):
        raise TargetError(f"{action} of {service} only reads; such operations are no targets")
    operations = load_service(name).operation_names
    wanted = action[:1].upper() + action[1:]
    if action[:1].isupper() or wanted not in operations:
        raise TargetError(f"{action} is not an operation of {service}")
    return name, wanted


def _document(target: Document) -> Document:
    """The Input of a target that wants a JSON object.

    Raises:
        TargetError: it is none
    """
    try:
        found = json.loads(target.get("Input") or "{}")
    except ValueError as e:
        raise TargetError(f"Input is no JSON: {e}") from e
    if not isinstance(found, dict):
        raise TargetError("Input is no JSON object")
    return found


def _input(account: str, region: str, invocation: Invocation) -> str:
    given = invocation.target.get("Input")
    if given is None and UNIVERSAL.fullmatch(invocation.target["Arn"]):
        return "{}"
    if given is None:
        event = {
            "version": "0",
            "id": invocation.id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": account,
            "time": _time(invocation),
            "region": region,
            "resources": [invocation.arn],
            "detail": "{}",
        }
        return json.dumps(event)
    words = {
        "<aws.scheduler.schedule-arn>": invocation.arn,
        "<aws.scheduler.scheduled-time>": _time(invocation),
        "<aws.scheduler.execution-id>": invocation.id,
        "<aws.scheduler.attempt-number>": str(invocation.attempts),
    }
    for word, value in words.items():
        given = given.replace(word, value)
    return str(given)


def _time(invocation: Invocation) -> str:
    return invocation.scheduled.strftime("%Y-%m-%dT%H:%M:%SZ")
