"""``AWS::Events::Archive``.

AWS CloudFormation Template Reference, "AWS::Events::Archive": Ref is the archive's name.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import (
    Model,
    ModelResource,
    not_in_place,
    plugin,
)

_LONGEST = 48


class Archive(ModelResource):
    """Ref: the archive's name."""

    TYPE = "AWS::Events::Archive"
    IDENTIFIER = "ArchiveName"
    READ_ONLY = ("Arn",)
    REPLACED_BY = ("ArchiveName", "SourceArn")
    NOT_FOUND = ("ResourceNotFoundException",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        made = generated_name(request.stack_name, request.logical_resource_id, _LONGEST)
        name = model.setdefault("ArchiveName", made)
        answer = aws.events.create_archive(
            ArchiveName=name, EventSourceArn=model["SourceArn"], **_settings(model)
        )
        model["Arn"] = answer["ArchiveArn"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        if "EventPattern" in previous and "EventPattern" not in model:
            raise ValueError(not_in_place(self.TYPE, ["EventPattern"]))
        gone = {
            name: default
            for name, default in (("Description", ""), ("RetentionDays", 0))
            if name in previous
        }
        aws.events.update_archive(
            ArchiveName=previous["ArchiveName"], **{**gone, **_settings(model)}
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.events.delete_archive(ArchiveName=model["ArchiveName"])


def _settings(model: Model) -> Model:
    names = ("Description", "KmsKeyIdentifier", "RetentionDays")
    given = {name: model[name] for name in names if name in model}
    if (pattern := model.get("EventPattern")) is not None:
        given["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
    return given


ArchivePlugin = plugin(Archive)
