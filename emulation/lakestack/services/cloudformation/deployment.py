"""One creation or update of a stack, with the rollback that LocalStack's engine leaves out.

LocalStack evaluates the template and walks it in the order of its dependencies; what is done about
each resource, what is undone after a failure, and which status the stack goes through is here.
AWS CloudFormation User Guide, "Stack status codes" and "Choose how to handle failures".
"""

from __future__ import annotations

import logging
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, ResourceStatus, StackStatus
from localstack.services.cloudformation.engine.v2.change_set_model import is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    EventOperationFromAction,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
    PreprocProperties,
)
from localstack.services.cloudformation.resource_provider import OperationStatus

from lakestack.services.cloudformation.actions import ResourceActions
from lakestack.services.cloudformation.application import specified
from lakestack.services.cloudformation.conformity import PropertyError
from lakestack.services.cloudformation.deployed_changes import Change, having, superseded
from lakestack.services.cloudformation.lines import where
from lakestack.services.cloudformation.stack_notes import CANCELLED, LATE, notes_of
from lakestack.services.cloudformation.stack_policy import DELETE, MODIFY, REPLACE
from lakestack.services.cloudformation.stack_policy_requests import in_force
from lakestack.services.cloudformation.types.nested_stack import RESTORE
from lakestack.services.cloudformation.values import StopError, Values, attribute_of, is_custom

LOG = logging.getLogger(__name__)

NESTED = "AWS::CloudFormation::Stack"
Model = dict[str, Any]


class Deployment(Values, ResourceActions):  # type: ignore[misc]
    """Creates or updates the change set's stack when `run`."""

    def __init__(self, change_set: Any, *, update: bool) -> None:
        super().__init__(change_set=change_set)
        self._stack = change_set.stack
        self._notes = notes_of(self._stack)
        self._is_update = update
        self._old_records: dict[str, Model] = dict(self._stack.resolved_resources)
        self._old_imports = set(self._notes.imports)
        self._policy = in_force(self._notes)
        self._changes: list[Change] = []
        self._clean_up: list[tuple[str, Model]] = []  # names and records
        new, old = change_set.template, self._stack.template
        self._kept_on_rollback = having(new, "DeletionPolicy", "Retain")
        self._kept_on_deletion = having(old, "DeletionPolicy", "Retain", "RetainExceptOnCreate")
        self._kept_on_replacement = having(new, "UpdateReplacePolicy", "Retain")
        self.imports: set[str] = set()

    def run(self) -> bool:
        """Do it, with all status changes; returns whether it succeeded."""
        try:
            self.process()
            self.check_exports()
        except StopError as e:
            self._fail(e)
            return False
        except Exception as e:  # whatever goes wrong must end in a rollback, never in a dead thread
            LOG.exception("deployment of %s", self._stack.stack_id)
            self._fail(StopError(None, f"{type(e).__name__}: {e}"))
            return False
        self._succeed()
        return True

    # What happens to a resource

    def visit_node_resource(self, node_resource: Any) -> Any:
        try:
            delta = ChangeSetModelPreproc.visit_node_resource(self, node_resource)
        except StopError:
            raise  # of a resource that this one needs
        except Exception as e:
            reason = getattr(e, "message", None) or str(e)
            action = ChangeAction.Modify if node_resource.name in self._old_records else None
            self._event(node_resource.name, node_resource.type_.value, action, "FAILED", reason)
            raise StopError(node_resource.name, reason) from e
        name = node_resource.name
        self._conform(name, delta)
        before, after = delta.before, delta.after
        if self._notes.cancelled.is_set() and not is_nothing(after):
            raise StopError(name, CANCELLED)
        if self._notes.late:
            raise StopError(None, LATE)
        again = not is_nothing(after) and not is_nothing(before) and after.resource_type == NESTED
        if before != after or again:
            self._execute_resource_change(name=name, before=before, after=after)
        elif not is_nothing(before):
            self.resources[name] = self._old_records.get(name, {})
        if not is_nothing(after):
            record = self.resources[name]
            after.physical_resource_id = record.get("PhysicalResourceId")
            after.status = record["ResourceStatus"]
        return delta

    def _conform(self, name: str, delta: Any) -> None:
        """Give the properties their schema's types; raises StopError where one does not fit."""
        for side, tags in (
            (delta.before, self._notes.tags_before),
            (delta.after, self._stack.tags),
        ):
            if is_nothing(side) or side.properties is None or is_nothing(side.properties):
                continue
            given, kind = side.properties.properties, side.resource_type
            try:
                made = specified(kind, given, tags or [])
            except PropertyError as e:
                if side is delta.before:  # deployed all the same, before this was checked
                    continue
                reason = (
                    f"Properties validation failed for resource {name} with message:\n"
                    f"{e}{where(self._change_set.template_body, name, e.path)}"
                )
                action = ChangeAction.Modify if name in self._old_records else None
                self._event(name, kind, action, "FAILED", reason)
                raise StopError(name, reason) from e
            side.properties = PreprocProperties(made)

    def _execute_resource_change(self, name: str, before: Any, after: Any) -> None:
        if is_nothing(after):
            if not is_nothing(before) and name in self._old_records:
                self._permit(name, before.resource_type, DELETE)
                self._clean_up.append((name, self._old_records[name]))
        elif is_nothing(before) or name not in self._old_records:
            self._do(name, after.resource_type, ChangeAction.Add, None, after.properties.properties)
            self._changes.append(Change(name, "added", after.resource_type))
        elif before.resource_type != after.resource_type or self._create_only(before, after):
            self._permit(name, before.resource_type, REPLACE)
            self._replace(name, after)
        else:
            if before != after:  # nested stacks are always looked at
                self._permit(name, after.resource_type, MODIFY)
            self._modify(name, before, after)

    def _permit(self, name: str, resource_type: str, action: str) -> None:
        """Raise StopError where the stack's policy does not let an update do this."""
        if reason := self._policy.refusal(action, name, resource_type):
            self._event(name, resource_type, ChangeAction.Modify, "FAILED", reason)
            raise StopError(name, reason)

    def _create_only(self, before: Any, after: Any) -> list[str]:
        """Properties that differ and can be set at creation only.

        LocalStack goes by the template, where a reference to a changed resource counts as changed.
        """
        load = self.resource_provider_executor.try_load_resource_provider
        schema = getattr(load(after.resource_type), "SCHEMA", {})
        paths = [
            path.removeprefix("/properties/").replace("/", ".")
            for path in schema.get("createOnlyProperties") or []
        ]
        old, new = before.properties.properties, after.properties.properties
        return [path for path in paths if attribute_of(old, path) != attribute_of(new, path)]

    def _replace(self, name: str, after: Any) -> None:
        old = self._old_records[name]
        self._event(
            name,
            after.resource_type,
            ChangeAction.Modify,
            "IN_PROGRESS",
            "Requested update requires the creation of a new physical resource; hence "
            "creating one.",
        )
        try:
            self._do(
                name,
                after.resource_type,
                ChangeAction.Add,
                None,
                after.properties.properties,
                event_as=ChangeAction.Modify,
            )
        except StopError:
            self.resources[name] = old
            raise
        self._changes.append(Change(name, "replaced", after.resource_type, old))
        self._clean_up.append((name, old))

    def _modify(self, name: str, before: Any, after: Any) -> None:
        old = self._old_records[name]
        change = Change(
            name,
            "modified",
            after.resource_type,
            old,
            before.properties.properties,
            after.properties.properties,
        )
        try:
            self._do(
                name,
                after.resource_type,
                ChangeAction.Modify,
                old["Properties"],
                after.properties.properties,
                specified_before=before.properties.properties,
            )
        except StopError:
            self.resources[name] = old
            # A custom resource may be half changed. A nested stack has rolled itself back, and an
            # API call that failed has changed nothing.
            if is_custom(after.resource_type):
                self._changes.append(change)
            raise
        self._changes.append(change)
        if superseded(old, self.resources[name]):
            self._clean_up.append((name, old))

    def _do(
        self,
        name: str,
        resource_type: str,
        action: Any,
        before: Model | None,
        after: Model | None,
        event_as: Any = None,
        specified_before: Model | None = None,
    ) -> None:
        """Carry out one action with its events; raises StopError if it fails."""
        shown = event_as or action
        if event_as is None:
            self._event(name, resource_type, shown, "IN_PROGRESS")
        event, record = self._act(name, resource_type, action, before, after, specified_before)
        failed = event.status != OperationStatus.SUCCESS
        status = f"{EventOperationFromAction[action.value]}_{'FAILED' if failed else 'COMPLETE'}"
        record["ResourceStatus"] = ResourceStatus(status)
        self.resources[name] = record
        if not failed:
            self._event(name, resource_type, shown, "COMPLETE", event.message)
            return
        reason = event.message or "the resource's provider gave no reason"
        if event_as is not None:
            reason += (
                f" (the change of {resource_type} needs a replacement: give the resource a new "
                "logical id or name)"
            )
        record["ResourceStatusReason"] = reason
        record.setdefault("PhysicalResourceId", "")  # DescribeStackResource wants one
        self._event(name, resource_type, shown, "FAILED", reason)
        if action == ChangeAction.Add and event.resource_model:
            self._changes.append(Change(name, "added", resource_type))
        raise StopError(name, reason)

    # How it ends

    def _succeed(self) -> None:
        stack, change_set = self._stack, self._change_set
        self._notes.deadline = None
        stack.status_reason = None  # it was the operation's
        stack.resolved_resources = self.resources
        stack.resolved_outputs = self.outputs
        stack.resolved_exports = {
            o["ExportName"]: o["OutputValue"] for o in self.outputs if o.get("ExportName")
        }
        stack.template = change_set.template
        stack.description = (change_set.template or {}).get("Description")
        stack.template_body = change_set.template_body
        stack.processed_template = change_set.processed_template
        stack.resolved_parameters = change_set.resolved_parameters
        self._notes.imports = self.imports
        if not self._is_update:
            stack.set_stack_status(StackStatus.CREATE_COMPLETE)
            return
        stack.set_stack_status(StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
        for name, record in reversed(self._clean_up):
            replaced = name in self.resources
            self._remove_all(
                [(name, record)],
                keep=self.resources,
                leave=self._kept_on_replacement if replaced else self._kept_on_deletion,
            )
        self._notes.end_update(succeeded=True)
        stack.set_stack_status(StackStatus.UPDATE_COMPLETE)

    def _fail(self, stop: StopError) -> None:
        stack, change_set = self._stack, self._change_set
        verb = "update" if self._is_update else "create"
        why = stop.sentence
        if stop.resource:
            why = f"The following resource(s) failed to {verb}: [{stop.resource}]. "
        if self._notes.late:
            why = LATE
        self._notes.deadline = None  # a rollback has all the time it needs
        if not self._is_update:
            # DeleteStack and a retry must find what was made, whatever happens next.
            stack.template, stack.template_body = change_set.template, change_set.template_body
            stack.processed_template = change_set.processed_template
            stack.resolved_parameters = change_set.resolved_parameters
            if self._notes.on_failure == "DO_NOTHING":
                stack.resolved_resources = self.resources
                stack.set_stack_status(StackStatus.CREATE_FAILED, why)
                return
        prefix = "UPDATE_" if self._is_update else ""
        who = "Delete" if self._notes.cancelled.is_set() else "Rollback"
        stack.set_stack_status(
            StackStatus(f"{prefix}ROLLBACK_IN_PROGRESS"), f"{why}{who} requested by user."
        )
        self.end_rollback(self._undo(), prefix)

    def end_rollback(self, failed: list[str], prefix: str) -> None:
        """Give the stack its status, now that all but these is undone."""
        stack = self._stack
        self._notes.end_update(succeeded=False)
        self._notes.imports = self._old_imports
        if failed:
            self._notes.unfinished = (self, failed)
            stack.set_stack_status(
                StackStatus(f"{prefix}ROLLBACK_FAILED"),
                f"The following resource(s) failed to roll back: [{', '.join(failed)}]. ",
            )
            return
        if self._is_update:
            stack.set_stack_status(StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)
            self._remove_all(self._clean_up, keep=stack.resolved_resources)
        stack.set_stack_status(StackStatus(f"{prefix}ROLLBACK_COMPLETE"))

    def undo_again(self, failed: list[str], skipped: list[str]) -> None:
        """Try again what could not be undone; resources that are skipped stay as they are."""
        done = dict(self._stack.resolved_resources)
        added = {change.name for change in self._changes if change.kind == "added"}
        self._old_records = {n: r for n, r in done.items() if n not in added.intersection(failed)}
        again = set(failed) - set(skipped)
        for change in [c for c in self._changes if c.name in skipped]:
            self._event(change.name, change.resource_type, ChangeAction.Modify, "COMPLETE")
            left: Model = self.resources.get(change.name) or done.get(change.name) or {}
            status = {"ResourceStatus": ResourceStatus.UPDATE_COMPLETE}
            self._old_records[change.name] = {**left, **status}
        self._changes = [change for change in self._changes if change.name in again]
        self.end_rollback(self._undo(), "UPDATE_")

    def _undo(self) -> list[str]:
        """Take back all changes, the last one first; returns what could not be taken back."""
        failed: list[str] = []
        records = dict(self._old_records)
        self._clean_up.clear()  # the old resources stay
        for change in reversed(self._changes):
            name, new = change.name, self.resources.get(change.name, {})
            if change.kind == "modified":
                if not self._restore(change, new, records):
                    failed.append(name)
                    status = {"ResourceStatus": ResourceStatus.UPDATE_FAILED}
                    records[name] = {**records.get(name, {}), **status}
                continue
            if change.kind == "replaced" and change.old:
                self.resources[name] = change.old
                self._event(name, change.old["Type"], ChangeAction.Modify, "COMPLETE")
                stuck = self._remove_all([(name, new)], keep={name})
            else:
                stuck = self._remove_all([(name, new)], leave=self._kept_on_rollback)
            if stuck:
                failed.append(name)
                records[name] = {**new, "ResourceStatus": ResourceStatus.DELETE_FAILED}
        self._stack.resolved_resources = records
        return failed

    def _restore(self, change: Change, new: Model, records: dict[str, Model]) -> bool:
        self._event(change.name, change.resource_type, ChangeAction.Modify, "IN_PROGRESS")
        event, record = self._act(
            change.name,
            change.resource_type,
            ChangeAction.Modify,
            new.get("Properties") or {},
            {**(change.old_properties or {}), RESTORE: True}
            if change.resource_type == NESTED
            else change.old_properties,
            change.new_properties,
        )
        succeeded: bool = event.status == OperationStatus.SUCCESS
        if succeeded:
            self.resources[change.name] = record
        state = "COMPLETE" if succeeded else "FAILED"
        self._event(change.name, change.resource_type, ChangeAction.Modify, state, event.message)
        if succeeded:
            if superseded(new, record):
                self._clean_up.append((change.name, new))
            records[change.name] = {
                **(change.old or {}),
                **record,
                "ResourceStatus": ResourceStatus.UPDATE_COMPLETE,
            }
        return succeeded
