"""What CloudFormation checks in a stack's parameters.

AWS CloudFormation User Guide, "CloudFormation template Parameters syntax".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.parameter_declarations import check_declaration
from lakestack.services.cloudformation.parameter_values import is_list
from lakestack.services.cloudformation.template import Template, as_text
from lakestack.services.patterns import PatternError, compile_pattern

Declaration = Mapping[str, Any]


def check_parameters(template: Template, given: Iterable[Mapping[str, Any]]) -> None:
    """Check the request's parameters against the template's declarations.

    Args:
        given: as in CreateStack: ParameterKey with ParameterValue or UsePreviousValue

    Raises:
        ValidationError: undeclared, missing, or against a constraint
    """
    declared: Mapping[str, Any] = template.get("Parameters") or {}
    given = list(given)
    if any(not isinstance(p.get("ParameterKey"), str) for p in given):
        raise ValidationError("Parameters: each must have a ParameterKey")
    keys = [p["ParameterKey"] for p in given]
    if unknown := [k for k in keys if k not in declared]:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    if missing := [n for n, d in declared.items() if n not in keys and d.get("Default") is None]:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    values = {p["ParameterKey"]: p.get("ParameterValue") for p in given}
    for name, declaration in declared.items():
        value = values.get(name)
        if value is None and name not in keys:
            value = as_text(declaration["Default"])
        if value is not None and not declaration["Type"].startswith("AWS::SSM::"):
            check_value(name, declaration, value)


def check_value(name: str, declaration: Declaration, value: str) -> None:
    """Check one value against its declaration.

    Raises:
        ValidationError: with ConstraintDescription if there is one
    """
    if problem := _problem(name, declaration, value):
        described = declaration.get("ConstraintDescription")
        raise ValidationError(
            f"Parameter {name} failed to satisfy constraint: {described}" if described else problem
        )


def check_declarations(declared: Mapping[str, Any]) -> None:
    """Check what the template says of its parameters.

    Raises:
        ValidationError: in CloudFormation's words
    """
    for name, declaration in declared.items():
        if not (name.isascii() and name.isalnum()):
            raise ValidationError(
                f"Template format error: Parameter name {name} is non alphanumeric."
            )
        check_declaration(name, declaration)


def _problem(name: str, declaration: Declaration, value: str) -> str | None:
    kind = declaration["Type"]
    items = [item.strip() for item in value.split(",")] if is_list(kind) else [value]
    if "Number" in kind:
        for item in items:
            if problem := _number_problem(name, declaration, item):
                return problem
    allowed = [as_text(v) for v in declaration.get("AllowedValues") or []]
    if allowed and any(item not in allowed for item in items):
        return f"Parameter '{name}' must be one of AllowedValues"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not _matches(name, str(pattern), items):
        return f"Parameter '{name}' must match pattern {pattern}"
    if "MinLength" in declaration and len(value) < int(declaration["MinLength"]):
        return f"Parameter '{name}' must contain at least {declaration['MinLength']} characters"
    if "MaxLength" in declaration and len(value) > int(declaration["MaxLength"]):
        return f"Parameter '{name}' must contain at most {declaration['MaxLength']} characters"
    return None


def _matches(name: str, pattern: str, items: Iterable[str]) -> bool:
    """Whether AllowedPattern matches the whole of each item.

    Raises:
        ValidationError: the pattern is none, or takes too long
    """
    try:
        compiled = compile_pattern(pattern)
        return all(compiled.fullmatch(item) is not None for item in items)
    except PatternError as e:
        raise ValidationError(
            f"Template format error: AllowedPattern of parameter {name}: {e.message}"
        ) from e


def _number_problem(name: str, declaration: Declaration, item: str) -> str | None:
    try:
        number = float(item)
    except ValueError:
        return f"Parameter '{name}' must be a number"
    if "MinValue" in declaration and number < float(declaration["MinValue"]):
        return f"Parameter '{name}' must be a number not less than {declaration['MinValue']}"
    if "MaxValue" in declaration and number > float(declaration["MaxValue"]):
        return f"Parameter '{name}' must be a number not greater than {declaration['MaxValue']}"
    return None
