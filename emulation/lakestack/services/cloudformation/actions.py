"""What is done to one resource: asked of its type, and told as an event of the stack."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, ResourceStatus
from localstack.services.cloudformation import resource_provider
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    ChangeSetModelExecutor,
    EventOperationFromAction,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import PreprocProperties
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent

from lakestack import clock
from lakestack.services.cloudformation.application import Application
from lakestack.services.cloudformation.creation_policies import awaited
from lakestack.services.cloudformation.resource import not_in_place

LOG = logging.getLogger(__name__)
Model = dict[str, Any]
SPECIFIED = "_specified"
"""Key of a resource's record: the properties as the template gave them."""


class ResourceActions(ChangeSetModelExecutor):  # type: ignore[misc]
    """Base of deployments and deletions."""

    _stack: Any
    _old_records: dict[str, Model]

    def _act(
        self,
        name: str,
        resource_type: str,
        action: Any,
        before: Model | None,
        after: Model | None,
        specified_before: Model | None = None,
    ) -> tuple[ProgressEvent[Model], Model]:
        """Let the resource type do it; returns its event and the resource's new record.

        Args:
            before: as the resource's record has it
            specified_before: as the old template specified it, where that is known
        """
        application = Application(resource_type, after, specified_before)
        specified = after
        if after is not None:
            after = application.started(self._stack, name, new=action != ChangeAction.Modify)
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
            executor = self.resource_provider_executor
            try:
                if action == ChangeAction.Modify and application.suffices(before or {}):
                    event = application.kept(before or {})
                    extra["PhysicalResourceId"] = (
                        executor.extract_physical_resource_id_from_model_with_schema(
                            before or {}, resource_type, provider.SCHEMA
                        )
                    )
                elif action == ChangeAction.Modify and (names := application.unchangeable()):
                    event = _failed(not_in_place(resource_type, names), before or {})
                else:
                    with application.handing():
                        event = executor.deploy_loop(provider, extra, payload)
                event = application.finished(event, self._request(payload))
                if action == ChangeAction.Add:
                    event = awaited(self._stack, self._change_set.template, name, event)
            except Exception as e:  # a type's handler may raise anything; it fails its resource
                LOG.debug("%s of %s", action, name, exc_info=True)
                event = _failed(_reason(e), extra.get("Properties") or {})
        record: Model = {
            "Properties": event.resource_model or {},
            "LogicalResourceId": name,
            "Type": resource_type,
            "LastUpdatedTimestamp": clock.utc(),
            SPECIFIED: specified,
        }
        for key in ("PhysicalResourceId", "_last_deployed_state"):
            if key in extra:
                record[key] = extra[key]
        return event, record

    def _request(self, payload: Any) -> Any:
        stack = self._stack
        return resource_provider.convert_payload(stack.stack_name, stack.stack_id, payload)

    def _event(
        self,
        name: str,
        resource_type: str,
        action: Any,
        state: str,
        reason: str | None = None,
        physical_id: str | None = None,
    ) -> None:
        verb = EventOperationFromAction[action.value] if action else "CREATE"
        known = self.resources.get(name) or self._old_records.get(name) or {}
        self._stack.set_resource_status(
            logical_resource_id=name,
            physical_resource_id=physical_id or known.get("PhysicalResourceId") or "",
            resource_type=resource_type,
            status=ResourceStatus(f"{verb}_{state}"),
            resource_status_reason=reason or None,
        )

    def _remove_all(
        self,
        resources: Iterable[tuple[str, Model]],
        *,
        keep: Collection[str] = (),
        leave: Collection[str] = (),
    ) -> list[str]:
        """Delete resources; a failure is an event, and its name is returned.

        Args:
            resources: names and records
            keep: names under which another resource lives, whose state must not change
            leave: names of resources that the stack lets go of without deleting them
        """
        failed = []
        remove = ChangeAction.Remove
        for name, record in resources:
            states, kind = self._stack.resource_states, record["Type"]
            state = states.get(name)
            physical_id = record.get("PhysicalResourceId")
            if name in leave:
                self._event(name, kind, remove, "SKIPPED", physical_id=physical_id)
                states.pop(name, None)
            else:
                self._event(name, kind, remove, "IN_PROGRESS", physical_id=physical_id)
                event, _ = self._act(name, kind, remove, record.get("Properties") or {}, None)
                done = event.status == OperationStatus.SUCCESS
                if not done:
                    failed.append(name)
                end = "COMPLETE" if done else "FAILED"
                self._event(name, kind, remove, end, event.message, physical_id)
            if name in keep and state:
                states[name] = state
        return failed


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
