"""What we keep about a stack beside LocalStack's own record of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from localstack.services.cloudformation.stores import get_cloudformation_store

CANCELLED = "Resource creation cancelled"
LATE = "Stack creation time exceeded the specified timeout. "


@dataclass
class StackNotes:
    """Of one stack.

    Args:
        operation: held while the stack is created, updated or deleted
        cancelled: set when DeleteStack comes while an operation runs
        imports: names of the exports the stack uses
        parent: id of the stack that this one is nested in
        on_failure: of its creation: ROLLBACK, DO_NOTHING or DELETE
        timeout_minutes: of its creation, None without a limit
        deadline: of a creation that runs, by `time.monotonic`; None without a limit
    """

    operation: threading.Lock = field(default_factory=threading.Lock)
    cancelled: threading.Event = field(default_factory=threading.Event)
    imports: set[str] = field(default_factory=set)
    parent: str | None = None
    on_failure: str = "ROLLBACK"
    timeout_minutes: int | None = None
    deadline: float | None = None

    def begin_creation(self, timeout_minutes: int | None) -> None:
        """From now on the stack has this many minutes, if any."""
        self.timeout_minutes = timeout_minutes
        if timeout_minutes is not None:
            self.deadline = time.monotonic() + 60 * timeout_minutes

    @property
    def late(self) -> bool:
        """Whether the stack's creation has had its time."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be made."""
        return self.late or self.cancelled.is_set()


def notes_of(stack: Any) -> StackNotes:
    """The notes of a stack, made when first asked for."""
    notes: StackNotes = vars(stack).setdefault("lake_notes", StackNotes())
    return notes


def notes_for(request: Any) -> StackNotes:
    """The notes of the stack whose resource a request to a resource type concerns."""
    store = get_cloudformation_store(request.account_id, request.region_name)
    stack = store.stacks_v2.get(request.stack_id)
    return StackNotes() if stack is None else notes_of(stack)


def importers(stacks: Any, export: str) -> list[str]:
    """Names of the live stacks that import `export`."""
    return [
        s.stack_name
        for s in list(stacks)
        if s.status != "DELETE_COMPLETE" and export in notes_of(s).imports
    ]
