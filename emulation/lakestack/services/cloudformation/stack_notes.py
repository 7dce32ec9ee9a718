"""What we keep about a stack beside LocalStack's own record of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localstack.services.cloudformation.stores import get_cloudformation_store

from lakestack.services.cloudformation.drift_results import StackDrift
from lakestack.services.cloudformation.signals import Signals
from lakestack.store import Contents, Ending, ServiceState, Store, register

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
        tags_before: the stack's, before the update that runs
        updated: when its last update, or the execution of a change set, began
        options: of its requests, which DescribeStacks shows by these names
        policy: text of its stack policy, None if it has none
        policy_during_update: text of the one that is in force for the update that runs
        policy_after_update: text of the one that the stack has if that update succeeds
        drift: what is known of it
        signals: to resources that wait for them
        unfinished: the deployment whose rollback failed, and the names of what it left
    """

    operation: threading.Lock = field(default_factory=threading.Lock)
    cancelled: threading.Event = field(default_factory=threading.Event)
    imports: set[str] = field(default_factory=set)
    parent: str | None = None
    on_failure: str = "ROLLBACK"
    timeout_minutes: int | None = None
    deadline: float | None = None
    tags_before: list[Any] = field(default_factory=list)
    updated: datetime | None = None
    options: dict[str, Any] = field(default_factory=dict)
    policy: str | None = None
    policy_during_update: str | None = None
    policy_after_update: str | None = None
    drift: StackDrift = field(default_factory=StackDrift)
    signals: Signals = field(default_factory=Signals)
    unfinished: tuple[Any, list[str]] | None = None

    def begin_creation(self, timeout_minutes: int | None) -> None:
        """From now on the stack has this many minutes, if any."""
        self.timeout_minutes = timeout_minutes
        if timeout_minutes is not None:
            self.deadline = time.monotonic() + 60 * timeout_minutes

    def end_update(self, *, succeeded: bool) -> None:
        """The policies that the update's request gave take their places."""
        if succeeded and self.policy_after_update is not None:
            self.policy = self.policy_after_update
        self.policy_during_update = self.policy_after_update = None

    def at_rest(self, timeout: float) -> bool:
        """Wait until no operation runs; whether that came within so many seconds."""
        if not self.operation.acquire(timeout=timeout):
            return False
        self.operation.release()
        return True

    @property
    def late(self) -> bool:
        """Whether the stack's creation has had its time."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be made."""
        return self.late or self.cancelled.is_set()


class CloudFormationState(ServiceState):
    """The notes of an account and region, by stack id; its stacks are in LocalStack's store."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.notes: dict[str, StackNotes] = {}

    def contents(self) -> Contents:
        with self.lock:
            return {"stack": sorted(self.notes)}

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return {
                stack_id: {
                    "imports": sorted(each.imports),
                    "parent": each.parent,
                    "on_failure": each.on_failure,
                    "timeout_minutes": each.timeout_minutes,
                    "updated": each.updated and each.updated.isoformat(),
                    "options": each.options,
                    "policy": each.policy,
                }
                for stack_id, each in self.notes.items()
            }

    def restore(self, document: dict[str, Any]) -> None:
        for stack_id, saved in document.items():
            updated = saved.get("updated")
            self.notes[stack_id] = StackNotes(
                **{
                    **saved,
                    "imports": set(saved["imports"]),
                    "updated": datetime.fromisoformat(updated) if updated else None,
                }
            )

    def end(self) -> list[Ending]:
        """Operations under way are cancelled, as by DeleteStack."""
        for notes in self.notes.values():
            notes.cancelled.set()
        return [
            Ending(f"operation on {stack_id}", notes.at_rest)
            for stack_id, notes in self.notes.items()
        ]


STORE = register(Store("cloudformation", CloudFormationState))


def notes_of(stack: Any) -> StackNotes:
    """The notes of a stack, made when first asked for."""
    state = STORE.get(stack.account_id, stack.region_name)
    with state.lock:
        return state.notes.setdefault(stack.stack_id, StackNotes())


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
