"""The form of a parameter's declaration in a template.

AWS CloudFormation Template Reference, "Parameters section syntax" and "Specify existing resources
at runtime with CloudFormation-supplied parameter types".
"""

from __future__ import annotations

import difflib
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.patterns import PatternError, compile_pattern

_KEYS = {
    *("AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description"),
    *("MaxLength", "MaxValue", "MinLength", "MinValue", "NoEcho", "Type"),
}
_LISTABLE = {
    *("AWS::EC2::AvailabilityZone::Name", "AWS::EC2::Image::Id", "AWS::EC2::Instance::Id"),
    *("AWS::EC2::SecurityGroup::GroupName", "AWS::EC2::SecurityGroup::Id"),
    *("AWS::EC2::Subnet::Id", "AWS::EC2::VPC::Id", "AWS::EC2::Volume::Id"),
    *("AWS::Route53::HostedZone::Id", "Number", "String"),
}
_VALUES = {
    *(*_LISTABLE, "AWS::EC2::KeyPair::KeyName", "CommaDelimitedList"),
    *(f"List<{kind}>" for kind in _LISTABLE),
}
_TYPES = {
    *(*_VALUES, "AWS::SSM::Parameter::Name"),
    *(f"AWS::SSM::Parameter::Value<{kind}>" for kind in {*_VALUES, "AWS::SSM::Parameter::Name"}),
}
_MAX_DESCRIPTION = 4000


def check_declaration(name: str, declaration: Any) -> None:
    """Check one parameter's declaration.

    Raises:
        ValidationError: in CloudFormation's words
    """
    if not isinstance(declaration, dict) or not isinstance(declaration.get("Type"), str):
        raise ValidationError(
            "Template format error: Every Parameters object must contain a Type member."
        )
    if unknown := sorted(set(declaration) - _KEYS):
        raise ValidationError(f"Invalid template parameter property '{unknown[0]}' of {name}")
    if (kind := declaration["Type"]) not in _TYPES:
        near = difflib.get_close_matches(kind, sorted(_TYPES), 1, 0.7)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise ValidationError(f"Template format error: Unrecognized parameter type: {kind}{meant}")
    for key in ("AllowedPattern", "ConstraintDescription", "Description"):
        if not isinstance(declaration.get(key, ""), str):
            raise ValidationError(f"Template format error: Every {key} member must be a string.")
    if len(declaration.get("Description", "")) > _MAX_DESCRIPTION:
        raise ValidationError(
            f"Template format error: Description of parameter {name} has more than "
            f"{_MAX_DESCRIPTION} characters"
        )
    if not isinstance(declaration.get("Default", ""), str | int | float):
        raise ValidationError("Template format error: Every Default member must be a string.")
    if str(declaration.get("NoEcho", "false")).lower() not in ("true", "false"):
        raise ValidationError("Template format error: Every NoEcho member must be true or false.")
    allowed = declaration.get("AllowedValues", [])
    if not isinstance(allowed, list) or not all(isinstance(v, str | int | float) for v in allowed):
        raise ValidationError(
            "Template format error: Every AllowedValues member must be a list of strings."
        )
    _check_bounds(name, declaration)
    _check_pattern(name, declaration.get("AllowedPattern"))


def _check_bounds(name: str, declaration: dict[str, Any]) -> None:
    for kind, read in (("Length", int), ("Value", float)):
        bounds: list[float] = []
        for key in (f"Min{kind}", f"Max{kind}"):
            value = declaration.get(key, 0)
            try:
                if isinstance(value, bool) or not isinstance(value, str | int | float):
                    raise ValueError(value)
                bounds.append(read(value))
            except (ValueError, OverflowError) as e:
                raise ValidationError(
                    f"Template format error: {key} of parameter {name} must be a number"
                ) from e
        if f"Max{kind}" in declaration and bounds[0] > bounds[1]:
            raise ValidationError(
                f"Template format error: Parameter {name}: Min{kind} is greater than Max{kind}"
            )


def _check_pattern(name: str, pattern: str | None) -> None:
    if pattern is None:
        return
    try:
        compile_pattern(pattern)
    except PatternError as e:
        raise ValidationError(
            f"Template format error: AllowedPattern of parameter {name}: {e.message}"
        ) from e
