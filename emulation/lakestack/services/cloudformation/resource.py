"""Base of our CloudFormation resource types.

A type is a small class: it names its AWS type and identifier and says how the service creates,
updates, deletes and reads it; waiting, error texts and the bookkeeping are here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

Model = dict[str, Any]


def not_in_place(resource_type: str, names: Iterable[str]) -> str:
    """Why an update of these properties fails."""
    return (
        f"{resource_type}: the emulator cannot change {', '.join(names)} in place; it needs a "
        "replacement: give the resource a new logical id or name"
    )


class ModelResource(ResourceProvider[Model]):
    """One CloudFormation resource type over one AWS API.

    Subclasses set `TYPE`, `IDENTIFIER` (the property that `Ref` returns), `NOT_FOUND` (the error
    codes that mean "already gone") and implement the four ``*_resource`` methods. `aws` in them is
    LocalStack's client factory (``aws.glue``, ``aws.dms``...), `model` the properties with
    intrinsic functions resolved; what they add to `model` is what ``Fn::GetAtt`` can read.
    """

    TYPE: ClassVar[str]
    IDENTIFIER: ClassVar[str]
    READ_ONLY: ClassVar[tuple[str, ...]] = ()
    REPLACED_BY: ClassVar[tuple[str, ...]] = ()
    """Properties whose change needs a replacement ("Update requires: Replacement")."""
    NOT_FOUND: ClassVar[tuple[str, ...]] = ()
    SCHEMA: ClassVar[Model]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "TYPE"):  # a base that several types of one service share
            return
        cls.SCHEMA = {
            "typeName": cls.TYPE,
            "primaryIdentifier": [f"/properties/{cls.IDENTIFIER}"],
            "readOnlyProperties": [f"/properties/{name}" for name in cls.READ_ONLY],
            "createOnlyProperties": [f"/properties/{name}" for name in cls.REPLACED_BY],
            "properties": {},
            "handlers": {},
        }

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        """Ask the service for the resource; put identifier and attributes into `model`."""
        raise NotImplementedError

    def is_ready(self, aws: Any, model: Model) -> bool:  # noqa: ARG002 - for subclasses
        """Whether creation or update has ended; may add attributes; raises if it failed."""
        return True

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        """Change the existing resource to `model`."""
        raise NotImplementedError

    def delete_resource(self, aws: Any, model: Model) -> None:
        """Ask the service to delete the resource."""
        raise NotImplementedError

    def is_gone(self, aws: Any, model: Model) -> bool:  # noqa: ARG002 - for subclasses
        """Whether deletion has ended; NOT_FOUND errors raised in here mean yes."""
        return True

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model = request.desired_state
        return self._step(request, lambda: self.create_resource(_aws(request), model, request))

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model, previous = request.desired_state, request.previous_state or {}
        if self.IDENTIFIER in previous:  # a generated name is not in the template
            model.setdefault(self.IDENTIFIER, previous[self.IDENTIFIER])
        changed = [k for k in self.REPLACED_BY if model.get(k) != previous.get(k)]
        if changed and not request.custom_context:
            return ProgressEvent(
                OperationStatus.FAILED,
                resource_model=model,
                message=f"{self.TYPE}: a change of {', '.join(changed)} needs a replacement; "
                "give the resource a new logical id or name",
                error_code="NotUpdatable",
            )
        for name in self.READ_ONLY:
            if name in previous:
                model.setdefault(name, previous[name])
        return self._step(request, lambda: self.update_resource(_aws(request), model, previous))

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        model = request.desired_state
        try:
            if not request.custom_context:
                self.delete_resource(_aws(request), model)
            gone = self.is_gone(_aws(request), model)
        except ClientError as e:
            if e.response["Error"]["Code"] not in self.NOT_FOUND:
                return _failed(model, e)
            gone = True
        return _progress(model, gone)

    def _step(self, request: ResourceRequest[Model], begin: Any) -> ProgressEvent[Model]:
        model = request.desired_state
        if not request.custom_context:
            try:
                begin()
            except (ClientError, ValueError) as e:
                # Nothing was made, so nothing may be deleted when the stack is rolled back.
                return _failed({}, e)
        try:
            ready = self.is_ready(_aws(request), model)
        except (ClientError, ValueError) as e:
            return _failed(model, e)
        return _progress(model, ready)


def plugin(resource: type[ModelResource]) -> type[CloudFormationResourceProviderPlugin]:
    """Make the plux plugin class through which LocalStack finds a resource type."""

    class Plugin(CloudFormationResourceProviderPlugin):  # type: ignore[misc]
        name = resource.TYPE

        def __init__(self) -> None:
            self.factory: type[ModelResource] | None = None

        def load(self) -> None:
            self.factory = resource

    return Plugin


def _aws(request: ResourceRequest[Model]) -> Any:
    return request.aws_client_factory


def _progress(model: Model, done: bool) -> ProgressEvent[Model]:
    if done:
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
    return ProgressEvent(
        OperationStatus.IN_PROGRESS, resource_model=model, custom_context={"started": True}
    )


def _failed(model: Model, e: Exception) -> ProgressEvent[Model]:
    if isinstance(e, ClientError):
        error = e.response["Error"]
        message = f"{error['Message']} (Error Code: {error['Code']})"
        return ProgressEvent(
            OperationStatus.FAILED, resource_model=model, message=message, error_code=error["Code"]
        )
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=str(e))
