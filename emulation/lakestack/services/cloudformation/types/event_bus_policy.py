"""``AWS::Events::EventBusPolicy``: one statement of a bus's policy, beside which others stay.

LocalStack's type gives the bus a policy of this statement alone, and changes nothing in place. AWS
CloudFormation Template Reference, "AWS::Events::EventBusPolicy".
"""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource

_LOCK = threading.Lock()
"""A policy is read, changed and written; stacks do so at the same time."""


class EventBusPolicy(ModelResource):
    """Ref: a name that CloudFormation makes."""

    TYPE = "AWS::Events::EventBusPolicy"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("EventBusName", "StatementId")
    NOT_FOUND = ("ResourceNotFoundException",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        self.update_resource(aws, model, {})
        model["Id"] = f"EventBusPolicy-{uuid.uuid4().hex[:12]}"

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        del previous
        named = _bus(model, "Name")
        with _LOCK:
            bus = aws.events.describe_event_bus(**named)
            policy = json.loads(bus.get("Policy") or '{"Version": "2012-10-17"}')
            own = _statement(model, bus["Arn"])
            others = [s for s in policy.get("Statement") or () if s.get("Sid") != own["Sid"]]
            policy["Statement"] = [*others, own]
            aws.events.put_permission(**_bus(model, "EventBusName"), Policy=json.dumps(policy))

    def delete_resource(self, aws: Any, model: Model) -> None:
        with _LOCK:
            aws.events.remove_permission(
                **_bus(model, "EventBusName"), StatementId=model["StatementId"]
            )


def _bus(model: Model, parameter: str) -> dict[str, Any]:
    """The bus under an operation's name for it; nothing for the default one."""
    return {parameter: model["EventBusName"]} if model.get("EventBusName") else {}


def _statement(model: Model, bus_arn: str) -> Model:
    """The statement, which the properties have as one or in parts.

    Amazon EventBridge API Reference, "PutPermission": a principal is an account or ``*``.

    Raises:
        ValueError: they have neither
    """
    sid = {"Sid": model["StatementId"]}
    if statement := model.get("Statement"):
        return {**statement, **sid}
    if not (model.get("Action") and model.get("Principal")):
        raise ValueError("Either Statement or both of [Action, Principal] must be specified")
    partition, account = bus_arn.split(":")[1], str(model["Principal"])
    everyone = account == "*"
    made: Model = {
        **sid,
        "Effect": "Allow",
        "Principal": account if everyone else {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": model["Action"],
        "Resource": bus_arn,
    }
    if condition := model.get("Condition"):
        made["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return made
