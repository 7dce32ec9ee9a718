"""Our tasks in LocalStack's interpreter, for the services that we emulate."""

from __future__ import annotations

from typing import Any

from lakestack import patches


def install() -> None:
    """Put them where the interpreter makes tasks; it is imported when it is first used."""
    patches.replace_on_import("stepfunctions.tasks", _with_ours)
    patches.replace_on_import("stepfunctions.definition", _checked)


def _with_ours(original: Any) -> Any:
    def state_task_service_for(service_name: str) -> Any:
        from lakestack.services.stepfunctions.integrations import INTEGRATIONS
        from lakestack.services.stepfunctions.service_task import ServiceTask

        if service_name in INTEGRATIONS:
            return ServiceTask()
        return original(service_name)

    return state_task_service_for


def _checked(original: Any) -> Any:
    def validate_definition(definition: str, static_analysers: Any) -> None:
        from localstack.aws.api.stepfunctions import InvalidDefinition

        from lakestack.services.stepfunctions import fields, transitions

        try:
            found = [*fields.faults(definition), *transitions.faults(definition)]
        except ValueError:
            found = []  # it is no JSON, which LocalStack says
        if found:
            raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(found)}'")
        original(definition, static_analysers)

    return staticmethod(validate_definition)
