"""Deletion of a stack, from whatever state it is in.

It goes by what the stack has, not by its template: nothing has to be evaluated again, so that an
export or a parameter that is gone cannot be in the way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, StackStatus
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2.entities import ChangeSet

from lakestack import clock
from lakestack.services.cloudformation.deployment import Deployment
from lakestack.services.cloudformation.references import dependencies
from lakestack.services.cloudformation.stack_notes import importers, notes_of

LOG = logging.getLogger(__name__)


class Deletion(Deployment):
    """Deletes the resources of a stack, each after all that need it.

    To be made before the stack's status says so: a refused deletion gives it the old one again.
    """

    def __init__(self, stack: Any, retain: Iterable[str] = ()) -> None:
        change_set = ChangeSet(
            stack, {"ChangeSetName": f"delete-{stack.stack_name}"}, template_body=""
        )
        super().__init__(change_set, update=False)
        self._status_before = stack.status
        self._kept_by_request = set(retain)

    def run(self) -> bool:
        """Do it, with all status changes; returns whether it succeeded."""
        stack = self._stack
        try:
            if reason := self._used_exports():
                stack.set_stack_status(self._status_before, reason)
                return False
            failed = self._delete_resources()
        except Exception as e:  # the stack must not stay DELETE_IN_PROGRESS forever
            LOG.exception("deletion of %s", stack.stack_id)
            stack.set_stack_status(StackStatus.DELETE_FAILED, f"{type(e).__name__}: {e}")
            return False
        if failed:
            names = ", ".join(failed)
            stack.set_stack_status(
                StackStatus.DELETE_FAILED,
                f"The following resource(s) failed to delete: [{names}]. ",
            )
            return False
        stack.resolved_exports = {}
        stack.resolved_outputs = []
        stack.deletion_time = clock.utc()
        notes_of(stack).imports = set()
        stack.status_reason = None
        stack.set_stack_status(StackStatus.DELETE_COMPLETE)
        return True

    def _used_exports(self) -> str | None:
        store = get_cloudformation_store(self._stack.account_id, self._stack.region_name)
        for export in self._stack.resolved_exports:
            if users := importers(store.stacks_v2.values(), export):
                return f"Export {export} cannot be deleted as it is in use by {' and '.join(users)}"
        return None

    def _delete_resources(self) -> list[str]:
        stack = self._stack
        needs = dependencies(stack.template or {})
        failed: list[str] = []
        kept: set[str] = set()  # what a resource that could not be deleted needs
        leave = {*self._kept_by_request, *self._kept_on_deletion}
        for name, record in reversed(list(stack.resolved_resources.items())):
            if name in kept and name not in leave:
                kept |= needs.get(name, set())
                continue
            if not record.get("Properties") and name not in leave:  # it was never made
                self._event(name, record["Type"], ChangeAction.Remove, "COMPLETE")
            elif self._remove_all([(name, record)], leave=leave):
                failed.append(name)
                kept |= needs.get(name, set())
                continue
            del stack.resolved_resources[name]
        return failed
