"""A pipe, as the API shows it and as a snapshot keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from lakestack import clock
from lakestack.services.kinesis.reader import Lineage

Document = dict[str, Any]

RUNNING, STOPPED = "RUNNING", "STOPPED"
CREATING, UPDATING, DELETING = "CREATING", "UPDATING", "DELETING"
STARTING, STOPPING = "STARTING", "STOPPING"
CHANGING = (CREATING, UPDATING, DELETING, STARTING, STOPPING)
FAILED = {
    CREATING: "CREATE_FAILED",
    UPDATING: "UPDATE_FAILED",
    DELETING: "DELETE_FAILED",
    STARTING: "START_FAILED",
    STOPPING: "STOP_FAILED",
}
_SUMMARY = (
    *("Arn", "Name", "DesiredState", "CurrentState", "StateReason", "Source", "Target"),
    *("Enrichment", "CreationTime", "LastModifiedTime"),
)


class Running(Protocol):
    """What runs for a pipe."""

    def stop(self) -> None:
        """Tell it to end; does not wait."""
        ...

    def join(self, timeout: float) -> bool:
        """Wait for its end; whether it came within so many seconds."""
        ...


@dataclass
class Pipe:
    """A pipe.

    Attributes:
        request: what it is made of, as CreatePipe has it, without name, state and tags
        desired: RUNNING or STOPPED
        reason: why it is not as desired, for a reader
        lineage: how far its stream is read
        flow: what runs; None while nothing does
    """

    name: str
    arn: str
    request: Document
    desired: str = RUNNING
    current: str = CREATING
    reason: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=clock.utc)
    modified: datetime = field(default_factory=clock.utc)
    lineage: Lineage = field(default_factory=Lineage)
    flow: Running | None = None

    def change(self, state: str, reason: str | None = None) -> None:
        """Be in another state from now on."""
        self.current, self.reason, self.modified = state, reason, clock.utc()

    def short(self) -> Document:
        """What the operations answer that change it."""
        return {
            "Arn": self.arn,
            "Name": self.name,
            "DesiredState": "DELETED" if self.current == DELETING else self.desired,
            "CurrentState": self.current,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }

    def describe(self) -> Document:
        """What DescribePipe answers."""
        more = {"StateReason": self.reason} if self.reason else {}
        return {**self.short(), **self.request, **more, "Tags": dict(self.tags)}

    def summary(self) -> Document:
        """What ListPipes answers for it."""
        described = self.describe()
        return {name: described[name] for name in _SUMMARY if name in described}

    def snapshot(self) -> Document:
        """The pipe as plain data."""
        kept = {
            name: value for name, value in vars(self).items() if name not in ("lineage", "flow")
        }
        return {**kept, "tags": dict(self.tags), "lineage": self.lineage.snapshot()}
