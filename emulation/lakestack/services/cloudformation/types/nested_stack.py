"""``AWS::CloudFormation::Stack``: a stack as a resource of another.

Ref is the nested stack's id, ``Fn::GetAtt <name>.Outputs.<output>`` reads its outputs; a failure
names the reason of the nested resource that failed. AWS CloudFormation User Guide, "Nested stacks".
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)
from localstack.services.cloudformation.stores import get_cloudformation_store

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.stack_notes import CANCELLED, notes_for, notes_of

Model = dict[str, Any]
_BEGUN = "begun"
RESTORE = "__Restore"
"""In the desired state of an update: take the template from before the last update again."""
_BEFORE = "__TemplateBefore"


class NestedStack(ResourceProvider[Model]):  # type: ignore[misc]
    """Creates, updates and deletes the nested stack through the service's own API."""

    TYPE = "AWS::CloudFormation::Stack"
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Id"],
        "readOnlyProperties": ["/properties/Id", "/properties/Outputs"],
        "properties": {},
        "handlers": {},
    }

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model = request.desired_state
        if not request.custom_context.get(_BEGUN):
            name = generated_name(request.stack_name, request.logical_resource_id)
            parent = _parent(request)
            arguments = _arguments(model, parent) | {"StackName": name}
            if minutes := model.get("TimeoutInMinutes"):
                arguments["TimeoutInMinutes"] = int(minutes)
            try:
                answer = _api(request).create_stack(**arguments)
            except ClientError as e:
                return _failed({}, e.response["Error"]["Message"])
            model["Id"] = answer["StackId"]
            if parent is not None and (stack := _stack(request, model["Id"])) is not None:
                notes_of(stack).parent = parent.stack_id
            return _in_progress(model)
        if notes_for(request).cancelled.is_set():
            return _failed(model, CANCELLED)  # the deletion of the nested stack stops it in turn
        return _settled(request, model, "CREATE_COMPLETE")

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model, previous = request.desired_state, request.previous_state or {}
        model["Id"] = previous["Id"]
        if not request.custom_context.get(_BEGUN):
            arguments = _arguments(model, _parent(request)) | {"StackName": model["Id"]}
            if model.pop(RESTORE, False) and previous.get(_BEFORE):
                del arguments["TemplateURL"]
                arguments["TemplateBody"] = previous[_BEFORE]
            if (stack := _stack(request, model["Id"])) is not None:
                model[_BEFORE] = stack.template_body
            try:
                _api(request).update_stack(**arguments)
            except ClientError as e:
                message = e.response["Error"]["Message"]
                if "No updates are to be performed" not in message:
                    return _failed(previous, message)
                model["Outputs"] = _outputs(request, model["Id"])
                return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
            return _in_progress(model)
        return _settled(request, model, "UPDATE_COMPLETE")

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model = request.desired_state
        if not model.get("Id"):
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        if not request.custom_context.get(_BEGUN):
            _api(request).delete_stack(StackName=model["Id"])
            return _in_progress(model)
        return _settled(request, model, "DELETE_COMPLETE")


def _arguments(model: Model, parent: Any) -> Model:
    """What CreateStack and UpdateStack share; capabilities are those of the parent."""
    arguments: Model = {
        "TemplateURL": model.get("TemplateURL"),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": _text(value)}
            for key, value in (model.get("Parameters") or {}).items()
        ],
        "Capabilities": list(parent.capabilities) if parent is not None else [],
    }
    for key in ("NotificationARNs", "Tags"):
        if model.get(key):
            arguments[key] = model[key]
    return arguments


def _settled(request: ResourceRequest[Model], model: Model, good: str) -> ProgressEvent[Model]:
    stack = _api(request).describe_stacks(StackName=model["Id"])["Stacks"][0]
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        return _in_progress(model)
    if status == good:
        model["Outputs"] = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
    return _failed(
        model,
        f"Embedded stack {model['Id']} was not successfully {_VERBS[good]}: "
        f"{_first_failure(request, model['Id']) or stack.get('StackStatusReason') or status}",
    )


_VERBS = {
    "CREATE_COMPLETE": "created",
    "UPDATE_COMPLETE": "updated",
    "DELETE_COMPLETE": "deleted",
}


def _first_failure(request: ResourceRequest[Model], stack_id: str) -> str | None:
    """The failure that came first in the stack's last operation, with its resource."""
    found = None
    for event in _api(request).describe_stack_events(StackName=stack_id)["StackEvents"]:
        status, reason = event["ResourceStatus"], event.get("ResourceStatusReason")
        if event["ResourceType"] == NestedStack.TYPE and event["PhysicalResourceId"] == stack_id:
            if status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"):
                break
            if status.endswith("ROLLBACK_IN_PROGRESS") and found is None:
                found = reason
        elif status.endswith("_FAILED") and reason and reason != CANCELLED:
            found = f"{event['LogicalResourceId']}: {reason}"
    return found


def _outputs(request: ResourceRequest[Model], stack_id: str) -> Model:
    stack = _api(request).describe_stacks(StackName=stack_id)["Stacks"][0]
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def _parent(request: ResourceRequest[Model]) -> Any:
    stacks = get_cloudformation_store(request.account_id, request.region_name).stacks_v2.values()
    live = [s for s in list(stacks) if s.status != "DELETE_COMPLETE"]
    return next((s for s in live if s.stack_name == request.stack_name), None)


def _stack(request: ResourceRequest[Model], stack_id: str) -> Any:
    return get_cloudformation_store(request.account_id, request.region_name).stacks_v2.get(stack_id)


def _api(request: ResourceRequest[Model]) -> Any:
    return request.aws_client_factory.cloudformation


def _in_progress(model: Model) -> ProgressEvent[Model]:
    return ProgressEvent(
        OperationStatus.IN_PROGRESS, resource_model=model, custom_context={_BEGUN: True}
    )


def _failed(model: Model, reason: str) -> ProgressEvent[Model]:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=reason)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
