"""The targets of pipes: an event is an entry of the batch operation, or all are one request.

Amazon EventBridge User Guide, "Amazon EventBridge Pipes targets".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lakestack import clock
from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.base import client
from lakestack.services.pipes import http_target, kinds
from lakestack.services.pipes.event_values import MISSING, PATH, as_json, decoded, text_of, value_at
from lakestack.services.pipes.kinds import Kind

_CLIENTS = {"states": "stepfunctions"}
LOG_STREAM = "pipes"
"""Where events go in a log group when LogStreamName is not given (our guess)."""


class CallError(Exception):
    """An enrichment or a target has refused or failed: an error of the pipe's user."""


@dataclass(frozen=True)
class Item:
    """An event on its way to a target.

    Attributes:
        event: for the paths in the target's parameters
        text: what the target gets
    """

    event: Any
    text: str


@dataclass(frozen=True)
class Sending:
    """Where and how.

    Attributes:
        own: the target's part of TargetParameters
        name: of the pipe
        source: ARN of its source
    """

    account: str
    region: str
    arn: str
    own: dict[str, Any]
    name: str
    source: str

    def client(self) -> Any:
        """A client of the target's service, in the target's region."""
        service, region = self.arn.split(":")[2:4]
        return client(self.account, region or self.region, _CLIENTS.get(service, service))

    def value(self, name: str, item: Item) -> Any:
        """A parameter: as given, or where its path leads to.

        Raises:
            CallError: it leads nowhere
        """
        given = self.own.get(name)
        if not isinstance(given, str) or not given.startswith("$") or not PATH.fullmatch(given):
            return given
        found = value_at(decoded(item.event), given)
        if found is MISSING:
            raise CallError(f"{name}: the event has nothing at {given}")
        return found


def call(sending: Sending, kind: Kind, document: str, event: Any) -> Any:
    """Call a function, an express state machine or an API destination and wait for its answer.

    Args:
        event: for the paths in the parameters

    Raises:
        CallError: it ended with an error
        ClientError: it could not be called
    """
    if kind is kinds.HTTP:
        answer = _http(sending, document, event)
        return as_json(answer.decode(errors="replace")) if answer else None
    return (_function if kind is kinds.LAMBDA else _machine)(sending, document)


def send(sending: Sending, kind: Kind, items: list[Item]) -> Any:
    """Send events.

    Returns:
        the answer of a function or state machine; for other targets the positions of the entries
        that failed

    Raises:
        CallError: the target has failed
        ClientError: the target has refused the request
    """
    return _SENDERS[kind](sending, items)


def _payload(items: list[Item]) -> str:
    return json.dumps([as_json(item.text) for item in items])


def _function(sending: Sending, document: str) -> Any:
    answer = sending.client().invoke(FunctionName=sending.arn, Payload=document.encode())
    returned = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise CallError(f"{sending.arn}: {answer['FunctionError']}: {returned[:500]!r}")
    return json.loads(returned or b"null")


def _machine(sending: Sending, document: str) -> Any:
    answer = sending.client().start_sync_execution(stateMachineArn=sending.arn, input=document)
    if answer["status"] != "SUCCEEDED":
        why = f"{answer.get('error')}: {answer.get('cause')}"
        raise CallError(f"{sending.arn}: {answer['status']}: {why}")
    return json.loads(answer.get("output") or "null")


def _to_lambda(sending: Sending, items: list[Item]) -> Any:
    if sending.own.get("InvocationType") != "FIRE_AND_FORGET":
        return _function(sending, _payload(items))
    payload = _payload(items).encode()
    sending.client().invoke(FunctionName=sending.arn, InvocationType="Event", Payload=payload)
    return None


def _to_states(sending: Sending, items: list[Item]) -> Any:
    if sending.own.get("InvocationType") != "FIRE_AND_FORGET":
        return _machine(sending, _payload(items))
    sending.client().start_execution(stateMachineArn=sending.arn, input=_payload(items))
    return None


def _to_sqs(sending: Sending, items: list[Item]) -> list[int]:
    sqs = sending.client()
    entries = []
    for at, item in enumerate(items):
        names = ("MessageGroupId", "MessageDeduplicationId")
        given = {name: text_of(sending.value(name, item)) for name in names if name in sending.own}
        entries.append({"Id": str(at), "MessageBody": item.text, **given})
    answer = sqs.send_message_batch(QueueUrl=queue_url(sqs, sending.arn), Entries=entries)
    return [int(each["Id"]) for each in answer.get("Failed", [])]


def queue_url(sqs: Any, arn: str) -> str:
    """The URL of a queue.

    Raises:
        ClientError: it is not there
    """
    account, name = arn.split(":")[4:6]
    return str(sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


def _to_sns(sending: Sending, items: list[Item]) -> list[int]:
    entries = [{"Id": str(at), "Message": item.text} for at, item in enumerate(items)]
    answer = sending.client().publish_batch(
        TopicArn=sending.arn, PublishBatchRequestEntries=entries
    )
    return [int(each["Id"]) for each in answer.get("Failed", [])]


def _to_events(sending: Sending, items: list[Item]) -> list[int]:
    service = sending.source.split(":")[2]
    entries = []
    for item in items:
        resources = [_resource(sending, each, item) for each in sending.own.get("Resources") or []]
        entry = {
            "EventBusName": sending.arn,
            "Source": sending.value("Source", item) or f"Pipe {sending.name}",
            "DetailType": sending.value("DetailType", item) or f"Event from aws:{service}",
            "Detail": item.text,
            "Resources": resources,
        }
        time = sending.value("Time", item)
        entries.append({**entry, **({"Time": time} if time is not None else {})})
    answer = sending.client().put_events(Entries=entries)
    return _refused(answer["Entries"])


def _resource(sending: Sending, given: str, item: Item) -> str:
    if not PATH.fullmatch(given):
        return given
    found = value_at(decoded(item.event), given)
    if found is MISSING:
        raise CallError(f"Resources of {sending.name}: the event has nothing at {given}")
    return text_of(found)


def _to_kinesis(sending: Sending, items: list[Item]) -> list[int]:
    records = [
        {
            "Data": item.text.encode(),
            "PartitionKey": text_of(sending.value("PartitionKey", item)),
        }
        for item in items
    ]
    answer = sending.client().put_records(StreamARN=sending.arn, Records=records)
    return _refused(answer["Records"])


def _to_firehose(sending: Sending, items: list[Item]) -> list[int]:
    answer = sending.client().put_record_batch(
        DeliveryStreamName=sending.arn.rpartition("/")[2],
        Records=[{"Data": item.text.encode()} for item in items],
    )
    return _refused(answer["RequestResponses"])


def _to_logs(sending: Sending, items: list[Item]) -> list[int]:
    logs = sending.client()
    group = sending.arn.split(":log-group:")[1].split(":")[0]
    streams: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        name = text_of(sending.value("LogStreamName", item) or LOG_STREAM)
        time = sending.value("Timestamp", item)
        at = clock.wall_ms() if time is None else int(time)
        streams.setdefault(name, []).append({"timestamp": at, "message": item.text})
    for name, events in streams.items():
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=name)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=name,
            logEvents=sorted(events, key=lambda event: event["timestamp"]),
        )
    return []


def _to_http(sending: Sending, items: list[Item]) -> list[int]:
    for item in items:
        _http(sending, item.text, item.event)
    return []


def _http(sending: Sending, document: str, event: Any) -> bytes:
    try:
        return http_target.send(sending.arn, document, sending.own, event)
    except TargetError as e:
        raise CallError(f"{sending.arn}: {e}") from e


def _refused(entries: list[dict[str, Any]]) -> list[int]:
    return [at for at, entry in enumerate(entries) if entry.get("ErrorCode")]


_SENDERS: dict[Kind, Callable[[Sending, list[Item]], Any]] = {
    kinds.LAMBDA: _to_lambda,
    kinds.STATES: _to_states,
    kinds.TO_SQS: _to_sqs,
    kinds.TO_SNS: _to_sns,
    kinds.TO_EVENTS: _to_events,
    kinds.TO_KINESIS: _to_kinesis,
    kinds.TO_FIREHOSE: _to_firehose,
    kinds.TO_LOGS: _to_logs,
    kinds.HTTP: _to_http,
}
