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

        from lakestack.services.stepfunctions.transitions import faults

        original(definition, static_analysers)
        if found := faults(definition):
            raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(found)}'")

    return staticmethod(validate_definition)
