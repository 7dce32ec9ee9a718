"""An event on its way to a target of a rule."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Document = dict[str, Any]


@dataclass(eq=False)
class Delivery:
    """An event that has met a rule, until it is with one target or is given up.

    Attributes:
        rule: ARN of the rule
        rule_name: for its metrics
        target: Id of the target
        event: as LocalStack keeps it, with ``event-bus-name``
        began: when it was tried first
        due: when it is tried next; None while it waits for a thread
        attempts: how often it was tried
        trace: LocalStack's TraceHeader of the request; made again after a restore
    """

    account: str
    region: str
    rule: str
    rule_name: str
    target: str
    event: Document
    began: datetime
    due: datetime | None = None
    attempts: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace: Any = None

    @property
    def sender(self) -> str:
        """What LocalStack keeps the target's sender under."""
        return f"{self.rule}-{self.target}"

    def shown(self) -> Document:
        """The event as AWS has it."""
        return {name: value for name, value in self.event.items() if name != "event-bus-name"}

    def snapshot(self) -> Document:
        """As plain data."""
        return {name: value for name, value in vars(self).items() if name != "trace"}
