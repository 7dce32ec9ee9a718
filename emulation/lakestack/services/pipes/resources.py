"""``AWS::Pipes::Pipe``.

AWS CloudFormation User Guide, "AWS::Pipes::Pipe".
"""

from __future__ import annotations

from typing import Any

from localstack.aws.spec import load_service
from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

MAX_NAME = 64
_TEMPLATES = ("EnrichmentParameters", "TargetParameters")


class Pipe(ModelResource):
    """Ref: the pipe's name."""

    TYPE = "AWS::Pipes::Pipe"
    IDENTIFIER = "Name"
    READ_ONLY = ("Arn", "CreationTime", "CurrentState", "LastModifiedTime", "StateReason")
    REPLACED_BY = ("Name", "Source")
    NOT_FOUND = ("NotFoundException",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        if not model.get("Name"):
            model["Name"] = generated_name(
                request.stack_name, request.logical_resource_id, MAX_NAME
            )
        aws.pipes.create_pipe(**_request("CreatePipe", model))

    def is_ready(self, aws: Any, model: Model) -> bool:
        found = aws.pipes.describe_pipe(Name=model["Name"])
        state = found["CurrentState"]
        if state.endswith("_FAILED"):
            raise ValueError(f"Pipe {model['Name']} is {state}: {found.get('StateReason')}")
        model["Arn"], model["CurrentState"] = found["Arn"], state
        model["StateReason"] = found.get("StateReason", "")
        for name in ("CreationTime", "LastModifiedTime"):
            model[name] = found[name].isoformat()
        return state in ("RUNNING", "STOPPED")

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        request = _request("UpdatePipe", model)
        request["DesiredState"] = model.get("DesiredState") or "RUNNING"
        for name in ("Description", "Enrichment", "KmsKeyIdentifier"):
            if previous.get(name) and not model.get(name):
                request[name] = ""
        for name in _TEMPLATES:
            gone = (previous.get(name) or {}).get("InputTemplate")
            if gone and not (model.get(name) or {}).get("InputTemplate"):
                request.setdefault(name, {})["InputTemplate"] = ""
        if not model.get("Enrichment"):
            request.pop("EnrichmentParameters", None)
        aws.pipes.update_pipe(**request)
        old, new = previous.get("Tags") or {}, model.get("Tags") or {}
        if removed := [key for key in old if key not in new]:
            aws.pipes.untag_resource(resourceArn=previous["Arn"], tagKeys=removed)
        if new:
            aws.pipes.tag_resource(resourceArn=previous["Arn"], tags=new)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.pipes.delete_pipe(Name=model["Name"])

    def is_gone(self, aws: Any, model: Model) -> bool:
        aws.pipes.describe_pipe(Name=model["Name"])
        return False


def _request(operation: str, model: Model) -> Model:
    """The members of a model that an operation has, as it wants them."""
    shape = load_service("pipes").operation_model(operation).input_shape
    found: Model = _typed(model, shape)
    return found


def _typed(value: Any, shape: Any) -> Any:
    """A template's value as a shape wants it: templates may write numbers as texts."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            name: _typed(each, members[name])
            for name, each in value.items()
            if name in members and each is not None
        }
    if kind == "list" and isinstance(value, list):
        return [_typed(each, shape.member) for each in value]
    if kind in ("integer", "long") and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


PipePlugin = plugin(Pipe)
