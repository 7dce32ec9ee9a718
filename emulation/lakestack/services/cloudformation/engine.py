"""LocalStack's CloudFormation engine, fixed where it would hide a failure or lose time."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation import resource_provider
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    check_not_found_exception,
)

from lakestack import patches, registry
from lakestack.services.cloudformation import (
    api_parameters,
    generated_names,
    kept_resources,
    mapped_values,
    state_changes,
    supplements,
)
from lakestack.services.cloudformation.resource import not_in_place
from lakestack.services.cloudformation.schemas import read_only, schema_of
from lakestack.services.cloudformation.stack_notes import CANCELLED, notes_for

POLL_SECONDS = 0.1


def install() -> None:
    """Put our parts into LocalStack's `ResourceProviderExecutor`."""
    _pause_less()
    _tell_failures()
    _load_our_types()
    api_parameters.install()
    generated_names.install()
    kept_resources.install()
    mapped_values.install()
    state_changes.install()


def _pause_less() -> None:
    """Look at a resource again soon: LocalStack waits 5 s. The total time limit stays."""
    original = patches.original("cloudformation.pause")

    @functools.wraps(original)
    def deploy_loop(self: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("sleep_time", POLL_SECONDS)
        return original(self, *args, **kwargs)

    patches.replace("cloudformation.pause", deploy_loop)


def _tell_failures() -> None:
    """An update that a type cannot do, and an error while deleting, are failures with a reason.

    LocalStack calls the first a success and hides the second's text.
    """

    def execute_action(self: Any, provider: Any, payload: Any) -> Any:
        request = resource_provider.convert_payload(
            stack_name=self.stack_name, stack_id=self.stack_id, payload=payload
        )
        match payload["action"]:
            case "Add":
                return _created(provider, request)
            case "Dynamic" | "Modify":
                return _updated(provider, request)
            case _:
                return _deleted(provider, request)

    patches.replace("cloudformation.failures", execute_action)


def _created(provider: Any, request: Any) -> Any:
    if request.custom_context and notes_for(request).late:  # it is waited for
        return ProgressEvent(
            OperationStatus.FAILED, resource_model=request.desired_state, message=CANCELLED
        )
    return provider.create(request)


def _updated(provider: Any, request: Any) -> Any:
    try:
        return provider.update(request)
    except NotImplementedError:
        previous, wanted = request.previous_state or {}, request.desired_state
        schema = schema_of(request.resource_type) or {"properties": wanted}
        named = {path.rpartition("/")[2] for path in schema.get("primaryIdentifier", ())}
        # A name that the handler has made stands in no template.
        names = set(schema["properties"]) - read_only(schema) - (named - wanted.keys())
        changed = sorted(k for k in names if previous.get(k) != wanted.get(k))
        return ProgressEvent(
            OperationStatus.FAILED,
            resource_model=previous,
            message=not_in_place(request.resource_type, changed),
            error_code="NotUpdatable",
        )


def _deleted(provider: Any, request: Any) -> Any:
    try:
        model = request.desired_state or request.previous_state or {}
        supplements.undo(request.resource_type, request.aws_client_factory, model)
        return provider.delete(request)
    except Exception as e:
        if check_not_found_exception(e, request.resource_type, request.desired_state):
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        if isinstance(e, ClientError):
            raise
        raise RuntimeError(
            f"Failed to delete {request.logical_resource_id} ({request.resource_type}): {e}"
        ) from e


def _load_our_types() -> None:
    """Use our own types in the place of those that LocalStack has already."""
    original = patches.original("cloudformation.types")
    ours = registry.replaced_types()

    def try_load_resource_provider(resource_type: str) -> Any:
        if path := ours.get(resource_type):
            module, _, name = path.partition(":")
            return getattr(importlib.import_module(module), name)()
        return original(resource_type)

    patches.replace("cloudformation.types", staticmethod(try_load_resource_provider))
