"""The values of a stack's parameters as functions see them.

AWS CloudFormation User Guide, "Specify existing resources at runtime with CloudFormation-supplied
parameter types": of a list's type, and of an SSM parameter that holds one, `Ref` is a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.v2.types import engine_parameter_value

from lakestack.services.cloudformation.template import as_text


def is_list(kind: str) -> bool:
    """Whether values of a parameter's type are lists."""
    inner = kind.removeprefix("AWS::SSM::Parameter::Value<")
    return inner.startswith(("CommaDelimitedList", "List<"))


def of_type(value: Any, kind: str) -> Any:
    """A parameter's value, of a list's type split at commas; anything that is no text as it is."""
    text = as_text(value)
    if isinstance(text, str) and is_list(kind):
        return [item.strip() for item in text.split(",")]
    return text


def values_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name, from LocalStack's records of parameters."""
    found = {}
    for name, parameter in parameters.items():
        resolved = parameter.get("resolved_value")
        given = engine_parameter_value(parameter) if resolved is None else resolved
        found[name] = of_type(given, str(parameter["type_"]))
    return found
