"""Integrations with other services: one operation each, with parameters out of the request.

API Gateway Developer Guide, "Integration subtype reference". The answer is the service's: JSON, and
XML of SQS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.apigatewayv2.events import JSON, Answer, message
from lakestack.services.apigatewayv2.incoming import Incoming
from lakestack.services.apigatewayv2.mapping import as_text, value_of
from lakestack.services.base import client

_SQS_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"


@dataclass(frozen=True)
class Action:
    """What a subtype does.

    Attributes:
        service: boto3's name
        method: of its client
        required: parameters without which no integration is made
        optional: further parameters
        entry: the list of one that the parameters are a member of, where it is so
    """

    service: str
    method: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    entry: str | None = None


ACTIONS: Mapping[str, Action] = {
    "EventBridge-PutEvents": Action(
        "events",
        "put_events",
        ("Detail", "DetailType", "Source"),
        ("Time", "EventBusName", "Resources", "Region", "TraceHeader"),
        "Entries",
    ),
    "SQS-SendMessage": Action(
        "sqs",
        "send_message",
        ("QueueUrl", "MessageBody"),
        (
            *("DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId"),
            *("MessageSystemAttributes", "Region"),
        ),
    ),
    "SQS-DeleteMessage": Action(
        "sqs", "delete_message", ("ReceiptHandle", "QueueUrl"), ("Region",)
    ),
    "SQS-PurgeQueue": Action("sqs", "purge_queue", ("QueueUrl",), ("Region",)),
    "Kinesis-PutRecord": Action(
        "kinesis",
        "put_record",
        ("StreamName", "Data", "PartitionKey"),
        ("SequenceNumberForOrdering", "ExplicitHashKey", "Region"),
    ),
    "StepFunctions-StartExecution": Action(
        "stepfunctions", "start_execution", ("StateMachineArn",), ("Name", "Input", "Region")
    ),
    "StepFunctions-StartSyncExecution": Action(
        "stepfunctions",
        "start_sync_execution",
        ("StateMachineArn",),
        ("Name", "Input", "Region", "TraceHeader"),
    ),
    "StepFunctions-StopExecution": Action(
        "stepfunctions", "stop_execution", ("ExecutionArn",), ("Cause", "Error", "Region")
    ),
}
ELSEWHERE = ("AppConfig-GetConfiguration", "SQS-ReceiveMessage")
"""Subtypes that AWS has and nobody here."""


def perform(subtype: str, parameters: Mapping[str, str], request: Incoming) -> Answer:
    """Ask the service, and answer as it does."""
    action = ACTIONS[subtype]
    given = {name: value_of(text, request) for name, text in parameters.items()}
    given = {name: value for name, value in given.items() if value is not None}
    if missing := [name for name in action.required if not given.get(name)]:
        return message(400, f"Missing required parameter: {', '.join(missing)}")
    region = as_text(given.pop("Region", None)) or request.region
    called = client(request.account, region, action.service)
    try:
        asked = _typed(called, action, given)
        answer = getattr(called, action.method)(**asked)
    except ClientError as e:
        return _refused(e)
    except (BotoCoreError, ValueError, TypeError) as e:
        return message(400, str(e))
    told = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    if action.service == "sqs":
        return _xml(action.method, told, request.request_id)
    body = json.dumps(told, default=lambda value: value.timestamp())
    return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], body.encode())


def _typed(called: Any, action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with the names and types of the operation."""
    operation = called.meta.method_to_api_mapping[action.method]
    shape = called.meta.service_model.operation_model(operation).input_shape
    if action.entry:
        shape = shape.members[action.entry].member
    members = {name.lower(): name for name in shape.members}
    found = {}
    for name, value in given.items():
        member = members[name.lower()]
        found[member] = _value(shape.members[member].type_name, value)
    return {action.entry: [found]} if action.entry else found


def _value(kind: str, value: Any) -> Any:
    match kind:
        case "string" | "timestamp":
            return as_text(value)
        case "blob":
            return as_text(value).encode()
        case "integer":
            return int(value)
    return json.loads(value) if isinstance(value, str) else value


def _refused(error: ClientError) -> Answer:
    told = error.response["Error"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    body = json.dumps({"__type": told["Code"], "message": told["Message"]})
    return Answer(status, [("Content-Type", JSON)], body.encode())


def _xml(method: str, told: Mapping[str, Any], request_id: str) -> Answer:
    """The answer of SQS's query protocol."""
    name = "".join(part.title() for part in method.split("_"))
    root = ElementTree.Element(f"{name}Response", xmlns=_SQS_NAMESPACE)
    if told:
        result = ElementTree.SubElement(root, f"{name}Result")
        for member, value in told.items():
            ElementTree.SubElement(result, member).text = str(value)
    metadata = ElementTree.SubElement(root, "ResponseMetadata")
    ElementTree.SubElement(metadata, "RequestId").text = request_id
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Answer(200, [("Content-Type", "text/xml")], body)
