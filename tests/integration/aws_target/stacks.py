"""A stack of CloudFormation's double, and what is read of templates and parameters."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cfnlint import decode

from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.resources import STACK, Made


@dataclass
class Stack:
    """One stack."""

    id: str
    name: str
    region: str
    template: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    resources: dict[str, Made] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    """Newest first."""
    outputs: list[dict[str, str]] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    seen: bool = False
    """Whether it has been looked at since it was last changed."""

    def event(self, logical: str, kind: str, physical: str, status: str, reason: str = "") -> None:
        self.events.insert(
            0,
            {
                "StackId": self.id,
                "EventId": str(uuid.uuid4()),
                "StackName": self.name,
                "LogicalResourceId": logical,
                "PhysicalResourceId": physical,
                "ResourceType": kind,
                "Timestamp": datetime.now(UTC),
                "ResourceStatus": status,
                **({"ResourceStatusReason": reason} if reason else {}),
            },
        )

    def becomes(self, status: str, reason: str = "") -> None:
        self.status, self.reason = status, reason
        self.event(self.name, STACK, self.id, status, reason)

    @property
    def live(self) -> bool:
        return self.status != "DELETE_COMPLETE"


def row(stack: Stack, logical: str, made: Made) -> dict[str, Any]:
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": logical,
        "PhysicalResourceId": made.physical,
        "ResourceType": made.kind,
        "Timestamp": datetime.now(UTC),
        "ResourceStatus": made.status,
    }


def parse(text: str) -> dict[str, Any]:
    parsed, problems = decode.decode_str(text)
    if problems:
        raise AwsError("ValidationError", f"Template format error: {problems[0]}")
    return dict(json.loads(json.dumps(parsed)))


def given(params: dict[str, Any]) -> dict[str, str]:
    return {p["ParameterKey"]: p["ParameterValue"] for p in params.get("Parameters", [])}


def strings(properties: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in properties.get("Parameters", {}).items()}


def with_defaults(template: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    declared = template.get("Parameters", {})
    unknown = [name for name in given if name not in declared]
    absent = [n for n, d in declared.items() if n not in given and "Default" not in d]
    if unknown:
        raise AwsError("ValidationError", f"Parameters: {unknown} do not exist in the template")
    if absent:
        raise AwsError("ValidationError", f"Parameters: {absent} must have values")
    return {name: given.get(name, str(d.get("Default", ""))) for name, d in declared.items()}
