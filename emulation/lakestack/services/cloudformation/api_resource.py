"""Base of resource types that one operation makes from the properties, and one deletes.

The operation gets every property; `api_parameters` gives them the API's names and types, and leaves
out what the operation does not have, which `property_use` knows by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest

from lakestack.services.cloudformation.changes import tag_specifications
from lakestack.services.cloudformation.generated_names import LONGEST, generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource


class ApiResource(ModelResource):
    """One type; a subclass is a table.

    Attributes:
        SERVICE: its name in the client factory
        CREATE: the method that makes the resource
        ANSWER: path of the attributes in its answer, with dots
        ATTRIBUTES: attribute of the type by name of the answer's
        DELETE: the method that deletes it
        KEYS: parameter of that by name of the property or attribute
        NAME: the property to which CloudFormation gives a name that the template does not
        LOWER: the service keeps that in lower case
        TAGGED: EC2's name of the resource type, where tags are given to its creation
    """

    SERVICE: ClassVar[str]
    CREATE: ClassVar[str]
    ANSWER: ClassVar[str] = ""
    ATTRIBUTES: ClassVar[Mapping[str, str]] = {}
    DELETE: ClassVar[str]
    KEYS: ClassVar[Mapping[str, str]]
    NAME: ClassVar[str | None] = None
    NAME_LENGTH: ClassVar[int] = LONGEST
    LOWER: ClassVar[bool] = False
    TAGGED: ClassVar[str | None] = None

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        if self.NAME and not model.get(self.NAME):
            model[self.NAME] = generated_name(
                request.stack_name, request.logical_resource_id, self.NAME_LENGTH
            )
        if self.NAME and self.LOWER:
            model[self.NAME] = model[self.NAME].lower()
        given = self.parameters(model)
        if self.TAGGED:
            given |= tag_specifications(self.TAGGED, given.pop("Tags", None))
        answer: Any = getattr(getattr(aws, self.SERVICE), self.CREATE)(**given)
        for part in filter(None, self.ANSWER.split(".")):
            answer = answer[int(part)] if part.isdigit() else answer[part]
        for name, member in self.ATTRIBUTES.items():
            model[name] = answer[member]

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        before = request.previous_state or {}
        if self.NAME and self.NAME in before:  # a name that was made up is not in the template
            request.desired_state.setdefault(self.NAME, before[self.NAME])
        return super().update(request)

    def parameters(self, model: Model) -> Model:
        """What the creating operation gets; the properties as they are."""
        return dict(model)

    def delete_resource(self, aws: Any, model: Model) -> None:
        named = {parameter: model[name] for name, parameter in self.KEYS.items()}
        getattr(getattr(aws, self.SERVICE), self.DELETE)(**named)
