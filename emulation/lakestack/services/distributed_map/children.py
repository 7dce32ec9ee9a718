"""What became of the child executions of a Map run.

AWS Step Functions Developer Guide, "ResultWriter (Map)": a manifest, and a file for each status
that a child has, with what DescribeExecution would say of it.
"""

from __future__ import annotations

import copy
import json
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SUCCEEDED, FAILED, PENDING = "SUCCEEDED", "FAILED", "PENDING"
STATUSES = (FAILED, PENDING, SUCCEEDED)


@dataclass
class Child:
    """One child execution.

    Attributes:
        items: how many items it was given
        output: None where it failed
    """

    index: int
    input: Any
    items: int
    started: datetime
    name: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = PENDING
    stopped: datetime | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None

    def described(self, state_machine_arn: str) -> dict[str, Any]:
        """As it stands in a result file.

        Args:
            state_machine_arn: of the Map run, with its label
        """
        found: dict[str, Any] = {
            "ExecutionArn": self._arn(state_machine_arn),
            "Input": _text(self.input),
            "InputDetails": {"Included": True},
            "Name": self.name,
            "RedriveCount": 0,
            "RedriveStatus": "REDRIVABLE" if self.status == FAILED else "NOT_REDRIVABLE",
            "StartDate": _time(self.started),
            "StateMachineArn": state_machine_arn,
            "Status": self.status,
        }
        if self.stopped is not None:
            found["StopDate"] = _time(self.stopped)
        if self.status == SUCCEEDED:
            found |= {"Output": _text(self.output), "OutputDetails": {"Included": True}}
        if self.error is not None:
            found["Error"] = self.error
        if self.cause is not None:
            found["Cause"] = self.cause
        return dict(sorted(found.items()))

    def listed(self, state_machine_arn: str) -> dict[str, Any]:
        """As it stands in a list of executions.

        Args:
            state_machine_arn: of the Map run, with its label
        """
        found: dict[str, Any] = {
            "executionArn": self._arn(state_machine_arn),
            "stateMachineArn": state_machine_arn,
            "name": self.name,
            "status": "RUNNING" if self.stopped is None else self.status,
            "startDate": self.started,
            "itemCount": self.items,
            "redriveCount": 0,
        }
        if self.stopped is not None:
            found["stopDate"] = self.stopped
        return found

    def shown(self, state_machine_arn: str, map_run_arn: str, data: bool) -> dict[str, Any]:
        """As DescribeExecution answers.

        Args:
            state_machine_arn: of the Map run, with its label
            data: whether input and output are wanted
        """
        found = {**self.listed(state_machine_arn), "mapRunArn": map_run_arn}
        del found["itemCount"]
        failed = self.stopped is not None and self.status == FAILED
        found["redriveStatus"] = "REDRIVABLE_BY_MAP_RUN" if failed else "NOT_REDRIVABLE"
        if data:
            found |= {"input": _text(self.input), "inputDetails": {"included": True}}
        if data and self.stopped is not None and self.status == SUCCEEDED:
            found |= {"output": _text(self.output), "outputDetails": {"included": True}}
        for name, value in (("error", self.error), ("cause", self.cause)):
            if self.stopped is not None and value is not None:
                found[name] = value
        return found

    def _arn(self, state_machine_arn: str) -> str:
        return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{self.name}"


class Children:
    """The children of one Map run, and how many of them may fail.

    Args:
        total: how many items the run has
        count: ToleratedFailureCount
        percentage: ToleratedFailurePercentage

    Attributes:
        exported: whether a ResultWriter writes the results to S3
    """

    exported = False

    def __init__(self, total: int, count: int, percentage: float) -> None:
        self._total, self._count, self._percentage = total, count, percentage
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._failed = 0

    def add(self, child: Child) -> None:
        """Take one that begins."""
        with self._lock:
            self._children.append(child)

    def failed(self, child: Child) -> bool:
        """Count the items of one that failed; whether those are more than are tolerated.

        Developer Guide, "Setting failure thresholds for Distributed Map states": by default none;
        where only a percentage is given, the count does not limit.
        """
        with self._lock:
            self._failed += child.items
            if self._percentage and self._failed * 100 > self._percentage * self._total:
                return True
            return self._failed > self._count and not (self._percentage and not self._count)

    def all(self) -> list[Child]:
        """The children, by their place among the items."""
        with self._lock:
            return sorted(self._children, key=lambda child: child.index)

    def by_status(self) -> dict[str, list[Child]]:
        """The children of each status that some have, as they are at this moment.

        One that still runs, because the Map run has ended before it, is pending.
        """
        found: dict[str, list[Child]] = {}
        for child in map(copy.copy, self.all()):
            if child.stopped is None:
                child.status, child.error, child.cause = PENDING, None, None
            found.setdefault(child.status, []).append(child)
        return {status: found[status] for status in STATUSES if status in found}


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
