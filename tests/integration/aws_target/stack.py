"""A stack of the CloudFormation double."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.integration.aws_target.resources import Made

STACK = "AWS::CloudFormation::Stack"


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

    def row(self, logical: str, made: Made) -> dict[str, Any]:
        """A resource, as DescribeStackResources lists it."""
        return {
            "StackName": self.name,
            "StackId": self.id,
            "LogicalResourceId": logical,
            "PhysicalResourceId": made.physical,
            "ResourceType": made.kind,
            "Timestamp": datetime.now(UTC),
            "ResourceStatus": made.status,
        }
