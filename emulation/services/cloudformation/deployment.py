"""One creation or update of a stack, with the rollback that LocalStack's engine leaves out.

LocalStack evaluates the template and walks it in the order of its dependencies; what is done about
each resource, what is undone after a failure, and which status the stack goes through is here.
AWS CloudFormation User Guide, "Stack status codes" and "Choose how to handle failures".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, Output, ResourceStatus, StackStatus
from localstack.services.cloudformation.engine.v2.change_set_model import is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    ChangeSetModelExecutor,
    EventOperationFromAction,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
    PreprocEntityDelta,
    PreprocProperties,
)
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.cloudformation.stores import exports_map, get_cloudformation_store

from emulation.services.cloudformation.functions import Functions
from emulation.services.cloudformation.nested_stack import RESTORE
from emulation.services.cloudformation.stack_notes import importers, notes_of

LOG = logging.getLogger(__name__)

NESTED = "AWS::CloudFormation::Stack"
CUSTOM = "AWS::CloudFormation::CustomResource"
Model = dict[str, Any]


class StopError(Exception):
    """The deployment cannot go on; the failing resource's event says why."""

    def __init__(self, resource: str | None, reason: str) -> None:
        super().__init__(reason)
        self.resource, self.reason = resource, reason


@dataclass(frozen=True)
class Change:
    """One thing that was done to a resource, and what it takes to undo it.

    :param kind: added, modified or replaced
    :param old: the resource's record before, None if it was added
    :param old_properties: as the old template specified them
    """

    name: str
    kind: str
    resource_type: str
    old: Model | None = None
    old_properties: Model | None = None


class Deployment(Functions, ChangeSetModelExecutor):  # type: ignore[misc]
    """Creates or updates the change set's stack when `run`."""

    def __init__(self, change_set: Any, *, update: bool) -> None:
        super().__init__(change_set=change_set)
        self._stack = change_set.stack
        self._notes = notes_of(self._stack)
        self._is_update = update
        self._old_records: dict[str, Model] = dict(self._stack.resolved_resources)
        self._changes: list[Change] = []
        self._clean_up: list[tuple[str, str, Model]] = []  # name, type, model
        self._retained = _retained(change_set.template), _retained(self._stack.template)
        self.imports: set[str] = set()

    def run(self) -> bool:
        """Do it, with all status changes; returns whether it succeeded."""
        try:
            self.process()
            self._check_exports()
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
        before, after = delta.before, delta.after
        name = node_resource.name
        if self._notes.cancelled.is_set() and not is_nothing(after):
            raise StopError(name, "Resource creation cancelled")
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

    def _execute_resource_change(self, name: str, before: Any, after: Any) -> None:
        if is_nothing(after):
            if not is_nothing(before) and name in self._old_records:
                self._remove_later(name)
        elif is_nothing(before) or name not in self._old_records:
            self._do(name, after.resource_type, ChangeAction.Add, None, after.properties.properties)
            self._changes.append(Change(name, "added", after.resource_type))
        elif before.resource_type != after.resource_type or self._create_only(before, after):
            self._replace(name, before, after)
        else:
            self._modify(name, before, after)

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

    def _replace(self, name: str, before: Any, after: Any) -> None:
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
        if name not in self._retained[1]:
            self._clean_up.append((name, before.resource_type, old["Properties"]))

    def _modify(self, name: str, before: Any, after: Any) -> None:
        old = self._old_records[name]
        change = Change(name, "modified", after.resource_type, old, before.properties.properties)
        try:
            self._do(
                name,
                after.resource_type,
                ChangeAction.Modify,
                old["Properties"],
                after.properties.properties,
            )
        except StopError:
            self.resources[name] = old
            # A custom resource may be half changed. A nested stack has rolled itself back, and an
            # API call that failed has changed nothing.
            if _is_custom(after.resource_type):
                self._changes.append(change)
            raise
        self._changes.append(change)

    def _remove_later(self, name: str) -> None:
        old = self._old_records[name]
        if name in self._retained[1]:
            self._event(name, old["Type"], ChangeAction.Remove, "SKIPPED")
        else:
            self._clean_up.append((name, old["Type"], old["Properties"]))

    def _do(
        self,
        name: str,
        resource_type: str,
        action: Any,
        before: Model | None,
        after: Model | None,
        event_as: Any = None,
    ) -> None:
        """Carry out one action with its events; raises StopError if it fails."""
        shown = event_as or action
        if event_as is None:
            self._event(name, resource_type, shown, "IN_PROGRESS")
        event, record = self._act(name, resource_type, action, before, after)
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
        self._event(name, resource_type, shown, "FAILED", reason)
        if action == ChangeAction.Add and event.resource_model:
            self._changes.append(Change(name, "added", resource_type))
        raise StopError(name, reason)

    def _act(
        self, name: str, resource_type: str, action: Any, before: Model | None, after: Model | None
    ) -> tuple[ProgressEvent[Model], Model]:
        """Let the resource type do it; returns its event and the resource's new record."""
        payload = self.create_resource_provider_payload(
            action=action,
            logical_resource_id=name,
            resource_type=resource_type,
            before_properties=PreprocProperties(before) if before is not None else None,
            after_properties=PreprocProperties(after) if after is not None else None,
        )
        provider = self.resource_provider_executor.try_load_resource_provider(resource_type)
        extra: Model = {}
        event: ProgressEvent[Model]
        if provider is None:
            event = _failed(f"Resource type {resource_type} is not supported", {})
        else:
            try:
                event = self.resource_provider_executor.deploy_loop(provider, extra, payload)
            except Exception as e:  # a type's handler may raise anything; it fails its resource
                LOG.debug("%s of %s", action, name, exc_info=True)
                event = _failed(_reason(e), extra.get("Properties") or {})
        record: Model = {
            "Properties": event.resource_model or {},
            "LogicalResourceId": name,
            "Type": resource_type,
            "LastUpdatedTimestamp": datetime.now(UTC),
        }
        for key in ("PhysicalResourceId", "_last_deployed_state"):
            if key in extra:
                record[key] = extra[key]
        return event, record

    def _event(
        self, name: str, resource_type: str, action: Any, state: str, reason: str | None = None
    ) -> None:
        verb = EventOperationFromAction[action.value] if action else "CREATE"
        known = self.resources.get(name) or self._old_records.get(name) or {}
        self._stack.set_resource_status(
            logical_resource_id=name,
            physical_resource_id=known.get("PhysicalResourceId") or "",
            resource_type=resource_type,
            status=ResourceStatus(f"{verb}_{state}"),
            resource_status_reason=reason or None,
        )

    # Outputs and exports

    def visit_node_output(self, node_output: Any) -> Any:
        try:
            delta: PreprocEntityDelta[Any, Any] = ChangeSetModelPreproc.visit_node_output(
                self, node_output
            )
        except StopError:
            raise
        except Exception as e:
            raise StopError(None, getattr(e, "message", None) or str(e)) from e
        after = delta.after
        if is_nothing(after) or after.condition is False:
            return delta
        value = after.value
        if isinstance(value, dict | list) or value is None or is_nothing(value):
            raise StopError(
                None,
                "Template format error: The Value field of every Outputs member must evaluate to "
                f"a String; that of {after.name} does not.",
            )
        output = Output(OutputKey=after.name, OutputValue=_text(value))
        template = self._change_set.template or {}
        declared = (template.get("Outputs") or {}).get(after.name, {})
        if declared.get("Description"):
            output["Description"] = declared["Description"]
        if after.export:
            output["ExportName"] = after.export["Name"]
        self.outputs.append(output)
        return delta

    def _resolve_attribute(self, arguments: Any, select_before: bool) -> Any:
        """``Fn::GetAtt``: what the resource has, not what its template says of it."""
        parts = arguments.split(".", 1) if isinstance(arguments, str) else list(arguments)
        name, attribute = parts[0], ".".join(parts[1:])
        if select_before:
            records = self._old_records
        else:
            self._get_node_resource_for(name, self._change_set.update_model.node_template)
            records = self.resources
        if name not in records:
            return super()._resolve_attribute([name, attribute], select_before)
        record = records[name]
        found = attribute_of(record["Properties"], attribute)
        if found is not None:
            return found
        if _is_custom(record["Type"]):
            raise ValueError(
                f"CustomResource attribute error: Vendor response doesn't contain {attribute} "
                f"attribute in object {record.get('PhysicalResourceId')}"
            )
        found = super()._resolve_attribute([name, attribute], select_before)
        if found is None:
            raise ValueError(
                f"Requested attribute {attribute} does not exist in schema for {record['Type']}"
            )
        return found

    def export_of(self, name: str) -> str:
        """Value of another stack's export.

        :raises ValueError: there is no such export
        """
        exports = exports_map(self._stack.account_id, self._stack.region_name)
        if name not in exports:
            raise ValueError(f"No export named {name} found")
        self.imports.add(name)
        return str(exports[name]["Value"])

    def _check_exports(self) -> None:
        store = get_cloudformation_store(self._stack.account_id, self._stack.region_name)
        new = {o["ExportName"]: o["OutputValue"] for o in self.outputs if o.get("ExportName")}
        for name, export in store.exports_v2.items():
            if name in new and export["ExportingStackId"] != self._stack.stack_id:
                other = export["ExportingStackId"].split("/")[1]
                raise StopError(
                    None, f"Export with name {name} is already exported by stack {other}. "
                )
        for name, value in self._stack.resolved_exports.items():
            if new.get(name) != value and (users := importers(store.stacks_v2.values(), name)):
                verb = "updated" if name in new else "deleted"
                raise StopError(
                    None, f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}"
                )

    # How it ends

    def _succeed(self) -> None:
        stack, change_set = self._stack, self._change_set
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
        self._remove_all(reversed(self._clean_up), keep=set(self.resources))
        stack.set_stack_status(StackStatus.UPDATE_COMPLETE)

    def _fail(self, stop: StopError) -> None:
        stack, change_set = self._stack, self._change_set
        verb = "update" if self._is_update else "create"
        why = stop.reason.rstrip(". ") + ". "
        if stop.resource:
            why = f"The following resource(s) failed to {verb}: [{stop.resource}]. "
        if not self._is_update:
            # DeleteStack and a retry must find what was made, whatever happens next.
            stack.template, stack.template_body = change_set.template, change_set.template_body
            stack.processed_template = change_set.processed_template
            stack.resolved_parameters = change_set.resolved_parameters
            self._notes.imports = self.imports
            if self._notes.on_failure == "DO_NOTHING":
                stack.resolved_resources = self.resources
                stack.set_stack_status(StackStatus.CREATE_FAILED, why)
                return
        prefix = "UPDATE_" if self._is_update else ""
        who = "Delete" if self._notes.cancelled.is_set() else "Rollback"
        stack.set_stack_status(
            StackStatus(f"{prefix}ROLLBACK_IN_PROGRESS"), f"{why}{who} requested by user."
        )
        failed = self._undo()
        if failed:
            stack.set_stack_status(
                StackStatus(f"{prefix}ROLLBACK_FAILED"),
                f"The following resource(s) failed to roll back: [{', '.join(failed)}]. ",
            )
            return
        if self._is_update:
            stack.set_stack_status(StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)
        stack.set_stack_status(StackStatus(f"{prefix}ROLLBACK_COMPLETE"))

    def _undo(self) -> list[str]:
        """Take back all changes, the last one first; returns what could not be taken back."""
        failed: list[str] = []
        records = dict(self._old_records)
        for change in reversed(self._changes):
            name, new = change.name, self.resources.get(change.name, {})
            if change.kind == "modified":
                if not self._restore(change, new, records):
                    failed.append(name)
                continue
            if change.kind == "added" and name in self._retained[0]:
                self._event(name, change.resource_type, ChangeAction.Remove, "SKIPPED")
                continue
            kept = {name} if change.kind == "replaced" else set()
            if self._remove_all([(name, change.resource_type, new["Properties"])], keep=kept):
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
        )
        succeeded: bool = event.status == OperationStatus.SUCCESS
        state = "COMPLETE" if succeeded else "FAILED"
        self._event(change.name, change.resource_type, ChangeAction.Modify, state, event.message)
        if succeeded:
            records[change.name] = {
                **(change.old or {}),
                **record,
                "ResourceStatus": ResourceStatus.UPDATE_COMPLETE,
            }
        return succeeded

    def _remove_all(self, resources: Any, keep: set[str]) -> list[str]:
        """Delete resources; a failure is an event, and its name is returned."""
        failed = []
        for name, resource_type, model in resources:
            self._event(name, resource_type, ChangeAction.Remove, "IN_PROGRESS")
            event, _ = self._act(name, resource_type, ChangeAction.Remove, model, None)
            current = self._stack.resource_states.get(name)
            if event.status == OperationStatus.SUCCESS:
                self._event(name, resource_type, ChangeAction.Remove, "COMPLETE", event.message)
                if name in keep and current:  # its successor lives under the same name
                    self._stack.resource_states[name] = {
                        **current,
                        "ResourceStatus": ResourceStatus.UPDATE_COMPLETE,
                    }
            else:
                failed.append(name)
                self._event(name, resource_type, ChangeAction.Remove, "FAILED", event.message)
        return failed


def _retained(template: Model | None) -> set[str]:
    """Resources whose DeletionPolicy keeps them."""
    resources = (template or {}).get("Resources") or {}
    return {n for n, r in resources.items() if r.get("DeletionPolicy") == "Retain"}


def attribute_of(model: Any, path: str) -> Any:
    """Value at a dotted path, or under the whole path as one key; None if there is none."""
    if not isinstance(model, dict):
        return None
    if path in model:
        return model[path]
    first, dot, rest = path.partition(".")
    return attribute_of(model.get(first), rest) if dot else None


def _is_custom(resource_type: str) -> bool:
    return resource_type == CUSTOM or resource_type.startswith("Custom::")


def _failed(reason: str, model: Model) -> ProgressEvent[Model]:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=reason)


def _reason(e: Exception) -> str:
    """An error as CloudFormation shows it: text, then service, status and code in brackets."""
    response = getattr(e, "response", None)
    if isinstance(response, dict) and "Error" in response:
        error, meta = response["Error"], response.get("ResponseMetadata", {})
        return (
            f"{error.get('Message')} (Service: {getattr(e, 'operation_name', '')}, Status Code: "
            f"{meta.get('HTTPStatusCode')}, Error Code: {error.get('Code')})"
        )
    return str(e) or type(e).__name__


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
