"""What is known of the drift of a stack.

AWS CloudFormation API Reference, "StackDriftInformation", "StackResourceDriftInformation" and
"DescribeStackDriftDetectionStatus".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from lakestack import clock

Model = dict[str, Any]
IN_SYNC, MODIFIED, DELETED, NOT_CHECKED = "IN_SYNC", "MODIFIED", "DELETED", "NOT_CHECKED"
DRIFTED = "DRIFTED"
RUNNING, COMPLETE, FAILED = "DETECTION_IN_PROGRESS", "DETECTION_COMPLETE", "DETECTION_FAILED"


@dataclass
class Detection:
    """One detection of a whole stack.

    Args:
        stack_status: of the stack, once it has ended
        drifted: how many of its resources are not in sync
    """

    stack_id: str
    id: str = field(default_factory=lambda: str(uuid4()))
    started: datetime = field(default_factory=clock.utc)
    status: str = RUNNING
    reason: str | None = None
    stack_status: str | None = None
    drifted: int = 0

    def described(self) -> Model:
        """The answer of DescribeStackDriftDetectionStatus."""
        answer: Model = {
            "StackId": self.stack_id,
            "StackDriftDetectionId": self.id,
            "DetectionStatus": self.status,
            "Timestamp": self.started,
        }
        if self.reason:
            answer["DetectionStatusReason"] = self.reason
        if self.stack_status is not None:
            answer["StackDriftStatus"] = self.stack_status
            answer["DriftedStackResourceCount"] = self.drifted
        return answer


@dataclass
class StackDrift:
    """Of one stack.

    Args:
        status: of the whole stack
        checked: when it was last detected, None if it never was
        resources: StackResourceDrift structures by logical id
        detections: by their ids
    """

    status: str = NOT_CHECKED
    checked: datetime | None = None
    resources: dict[str, Model] = field(default_factory=dict)
    detections: dict[str, Detection] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether a detection has not ended yet."""
        return any(each.status == RUNNING for each in self.detections.values())

    def of_stack(self) -> Model:
        """The StackDriftInformation structure."""
        when = {"LastCheckTimestamp": self.checked} if self.checked else {}
        return {"StackDriftStatus": self.status, **when}

    def of_resource(self, name: str) -> Model:
        """The StackResourceDriftInformation structure."""
        found = self.resources.get(name)
        if found is None:
            return {"StackResourceDriftStatus": NOT_CHECKED}
        return {
            "StackResourceDriftStatus": found["StackResourceDriftStatus"],
            "LastCheckTimestamp": found["Timestamp"],
        }
