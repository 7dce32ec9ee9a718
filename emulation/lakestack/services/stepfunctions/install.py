"""Our tasks in LocalStack's interpreter, for the services that we emulate."""

from __future__ import annotations

import json
from typing import Any

from lakestack import patches


def install() -> None:
    """Put them where the interpreter makes tasks; it is imported when it is first used."""
    patches.replace_on_import("stepfunctions.tasks", _with_ours)
    patches.replace_on_import("stepfunctions.definition", _checked)
    patches.replace_on_import("stepfunctions.jsonata", _evaluated)
    patches.replace_on_import("stepfunctions.jsonata_functions", _declared)
    patches.replace_on_import("stepfunctions.jsonata_errors", _failing)
    patches.replace_on_import("stepfunctions.jsonata_variables", _encoded)
    patches.replace_on_import("stepfunctions.escapes", _decoded)


def _evaluated(_original: Any) -> Any:
    def eval_jsonata_expression(jsonata_expression: str) -> Any:
        from lakestack.services.stepfunctions.jsonata.evaluation import evaluate

        return evaluate(jsonata_expression)

    return eval_jsonata_expression


def _declared(_original: Any) -> Any:
    """Declare none of the functions: the evaluation has them itself."""
    return lambda variable_references: ""  # noqa: ARG005 - called by this name


def _encoded(_original: Any) -> Any:
    def encode_jsonata_variable_declarations(bindings: dict[str, Any]) -> str:
        """Declare variables; a literal of JSON is one of JSONata."""
        from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

        values = {name: to_json_str(value) for name, value in bindings.items()}
        return "".join(f"{name}:={value};" for name, value in values.items())

    return encode_jsonata_variable_declarations


def _decoded(original: Any) -> Any:
    def inner_string_of(parser_rule_context: Any) -> str | None:
        """The text that a string of the definition, which is JSON, stands for."""
        text: str | None = original(parser_rule_context)
        if text is None or "\\" not in text:
            return text
        try:
            return str(json.loads(f'"{text}"'))
        except ValueError:  # a part of a string
            return text

    return staticmethod(inner_string_of)


def _with_ours(original: Any) -> Any:
    def state_task_service_for(service_name: str) -> Any:
        from lakestack.services.stepfunctions.integrations import INTEGRATIONS
        from lakestack.services.stepfunctions.service_task import ServiceTask

        if service_name in INTEGRATIONS:
            return ServiceTask()
        return original(service_name)

    return state_task_service_for


def _failing(_original: Any) -> Any:
    def _eval_body(component: Any, env: Any) -> None:
        from lakestack.services.stepfunctions.jsonata.failures import evaluate_text

        evaluate_text(component, env)

    return _eval_body


def _checked(original: Any) -> Any:
    def validate_definition(definition: str, static_analysers: Any) -> None:
        from localstack.aws.api.stepfunctions import InvalidDefinition

        from lakestack.services.stepfunctions import fields, parsing, schema, transitions

        found = schema.faults(definition)
        if not found:
            found = [*fields.faults(definition), *transitions.faults(definition)]
        if found:
            raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(found)}'")
        try:
            original(definition, static_analysers)
        except InvalidDefinition as e:
            said = parsing.in_words(e.message)
            raise InvalidDefinition(f"Invalid State Machine Definition: '{said}'") from e

    return staticmethod(validate_definition)
