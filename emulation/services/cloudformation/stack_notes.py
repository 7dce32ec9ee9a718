"""What we keep about a stack beside LocalStack's own record of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class StackNotes:
    """Of one stack.

    :param operation: held while the stack is created, updated or deleted
    :param cancelled: set when DeleteStack comes while an operation runs
    :param imports: names of the exports the stack uses
    :param parent: id of the stack that this one is nested in
    :param on_failure: of its creation: ROLLBACK, DO_NOTHING or DELETE
    """

    operation: threading.Lock = field(default_factory=threading.Lock)
    cancelled: threading.Event = field(default_factory=threading.Event)
    imports: set[str] = field(default_factory=set)
    parent: str | None = None
    on_failure: str = "ROLLBACK"


def notes_of(stack: Any) -> StackNotes:
    """The notes of a stack, made when first asked for."""
    notes: StackNotes = vars(stack).setdefault("lake_notes", StackNotes())
    return notes


def importers(stacks: Any, export: str) -> list[str]:
    """Names of the live stacks that import `export`."""
    return [
        s.stack_name
        for s in list(stacks)
        if s.status != "DELETE_COMPLETE" and export in notes_of(s).imports
    ]
