"""The forms of a template's sections besides its resources, and the quotas of their numbers.

AWS CloudFormation User Guide, "Template anatomy", "CloudFormation quotas" and "Rules section
syntax".
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.intrinsics import (
    CONDITION_FUNCTIONS,
    RULE_FUNCTIONS,
    check_functions,
    is_literal,
)
from lakestack.services.cloudformation.parameters import check_declarations
from lakestack.services.cloudformation.references import circle, references

Template = dict[str, Any]

_OBJECTS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Rules", "Metadata")
_QUOTAS = {"Parameters": 200, "Mappings": 200, "Resources": 500, "Outputs": 200}
_VERSION = "2010-09-09"
_MAX_DESCRIPTION = 1024
_MAX_NAME = 255
_MAX_DEPTH = 100
"""Levels of objects and lists: our guess, far above real templates."""
_OUTPUT_KEYS = {"Condition", "Description", "Export", "Value"}
_PSEUDO_PARAMETERS = {
    f"AWS::{name}"
    for name in (
        *("AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId"),
        *("StackName", "URLSuffix"),
    )
}


def is_pseudo_parameter(name: str) -> bool:
    """AWS CloudFormation User Guide, "Get AWS values using pseudo parameters"."""
    return name in _PSEUDO_PARAMETERS


def check_sections(template: Template, *, macros: bool) -> None:
    """Check all sections but the resources' own content.

    Args:
        macros: what they make of the sections is not known yet: only the parameters are checked

    Raises:
        ValidationError: the first fault, in CloudFormation's words
    """
    _check_tree(template)
    for section in _OBJECTS:
        if not isinstance(template.get(section, {}), dict):
            raise ValidationError(f"Template format error: Any {section} member must be an object.")
    for section, most in _QUOTAS.items():
        if (number := len(template.get(section, {}))) > most:
            raise ValidationError(
                f"Template format error: Number of {section.lower()}, {number}, is greater than "
                f"maximum allowed, {most}"
            )
        for name in template.get(section, {}):
            if len(name) > _MAX_NAME:
                raise ValidationError(
                    f"Template format error: the name {name[:40]}... in {section} has more than "
                    f"{_MAX_NAME} characters"
                )
    if template.get("AWSTemplateFormatVersion", _VERSION) != _VERSION:
        raise ValidationError(
            "Template format error: unsupported value for AWSTemplateFormatVersion."
        )
    _check_description(template)
    _check_transform(template.get("Transform", []))
    check_declarations(template.get("Parameters", {}))
    if macros:
        return
    _check_mappings(template.get("Mappings", {}))
    _check_conditions(template.get("Conditions", {}))
    _check_rules(template.get("Rules", {}))
    _check_outputs(template.get("Outputs", {}))


def _check_tree(template: Template) -> None:
    """Refuse null and what is nested too deeply, without recursion."""
    pending: list[tuple[str, Any, int]] = [("", template, 0)]
    while pending:
        where, value, depth = pending.pop()
        if value is None:
            raise ValidationError(f"[{where}] 'null' values are not allowed in templates")
        if depth > _MAX_DEPTH:
            raise ValidationError(
                f"Template format error: more than {_MAX_DEPTH} levels are nested in "
                f"{'/'.join(where.split('/')[:3])}"
            )
        if isinstance(value, dict):
            pending += [
                (f"{where}/{key}", item, depth + 1) for key, item in reversed(value.items())
            ]
        elif isinstance(value, list):
            pending += [(f"{where}/{i}", item, depth + 1) for i, item in enumerate(value)]


def _check_description(template: Template) -> None:
    description = template.get("Description", "")
    if not isinstance(description, str):
        raise ValidationError("Template format error: Description must be a string.")
    if len(description.encode()) > _MAX_DESCRIPTION:
        raise ValidationError(
            f"Template format error: 'Description' length is greater than {_MAX_DESCRIPTION}."
        )


def _check_transform(transform: Any) -> None:
    for item in transform if isinstance(transform, list) else [transform]:
        named = isinstance(item, dict) and isinstance(item.get("Name"), str)
        if not isinstance(item, str) and not named:
            raise ValidationError("Key Name of transform definition must be a string.")


def _check_mappings(mappings: dict[str, Any]) -> None:
    for name, mapping in mappings.items():
        _check_name("Mappings", name)
        if not isinstance(mapping, dict) or not mapping:
            raise ValidationError(
                f"Template format error: Every Mappings member {name} must be a map"
            )
        for key, attributes in mapping.items():
            if not isinstance(attributes, dict) or not attributes:
                raise ValidationError(
                    f"Template format error: Every Mappings member {key} must be a map"
                )
            for value in attributes.values():
                items = value if isinstance(value, list) else [value]
                if not all(map(is_literal, items)):
                    raise ValidationError(
                        "Template format error: Every Mappings attribute must be a String or a "
                        "List."
                    )


def _check_conditions(conditions: dict[str, Any]) -> None:
    for name, condition in conditions.items():
        if not (
            isinstance(condition, dict)
            and len(condition) == 1
            and next(iter(condition)) in {"Condition", *CONDITION_FUNCTIONS}
        ):
            raise ValidationError(
                f"Template format error: Every Conditions member must be a condition function: "
                f"{name}"
            )
        check_functions(condition, f"/Conditions/{name}")
        for used in condition_names(condition):
            if not isinstance(used, str) or used not in conditions:
                raise ValidationError(
                    f"Template format error: Unresolved condition dependency {used} in the "
                    "Conditions block of the template"
                )
    needs = {
        name: {used for used in condition_names(condition) if isinstance(used, str)}
        for name, condition in conditions.items()
    }
    if members := circle(needs):
        raise ValidationError(
            "Template error: Found circular condition dependency between "
            f"{' and '.join(members)} (Circular dependencies)"
        )


def condition_names(value: Any) -> list[Any]:
    """What stands in each ``Condition: name`` of a condition."""
    found: list[Any] = []
    if isinstance(value, dict):
        if set(value) == {"Condition"}:
            found.append(value["Condition"])
        for item in value.values():
            found += condition_names(item)
    elif isinstance(value, list):
        for item in value:
            found += condition_names(item)
    return found


def check_condition_references(template: Template) -> None:
    """Refuse conditions and rules that refer to resources, which are not there yet."""
    allowed = set(template.get("Parameters", {}))
    for section in ("Conditions", "Rules"):
        unknown = sorted(
            reference.name
            for reference in references(template.get(section, {}))
            if reference.function in ("Ref", "Fn::GetAtt", "Fn::Sub")
            and reference.name not in allowed
            and not is_pseudo_parameter(reference.name)
        )
        if unknown:
            raise ValidationError(
                f"Template error: Unresolved dependencies [{', '.join(unknown)}]. Cannot reference "
                f"resources in the {section} block of the template"
            )


def _check_rules(rules: dict[str, Any]) -> None:
    for name, rule in rules.items():
        assertions = rule.get("Assertions") if isinstance(rule, dict) else None
        if (
            not isinstance(assertions, list)
            or not assertions
            or set(rule) - {"RuleCondition", "Assertions"}
        ):
            raise ValidationError(
                f"Template format error: Rule {name} must have Assertions, and may have a "
                "RuleCondition"
            )
        for assertion in assertions:
            if not isinstance(assertion, dict) or not isinstance(assertion.get("Assert"), dict):
                raise ValidationError(
                    f"Template format error: each assertion of rule {name} must have an Assert"
                )
        check_functions(rule, f"/Rules/{name}", RULE_FUNCTIONS)


def _check_outputs(outputs: dict[str, Any]) -> None:
    for name, output in outputs.items():
        _check_name("Output", name)
        if not isinstance(output, dict) or output.get("Value") is None:
            raise ValidationError(
                "Template format error: Every Outputs member must contain a Value object"
            )
        if unknown := sorted(set(output) - _OUTPUT_KEYS):
            raise ValidationError(
                f"Template format error: Output {name} is malformed: [{', '.join(unknown)}]"
            )
        if isinstance(output["Value"], list):
            raise ValidationError(
                "Template format error: The Value field of every Outputs member must evaluate to "
                f"a String; that of {name} does not."
            )
        if not isinstance(output.get("Condition", ""), str):
            raise ValidationError(f"Template format error: Output {name}: Condition must be a name")
        if not isinstance(output.get("Description", ""), str):
            raise ValidationError(
                f"Template format error: Output {name}: Description must be a string"
            )
        export = output.get("Export", {"Name": "x"})
        if not isinstance(export, dict) or set(export) != {"Name"} or not export["Name"]:
            raise ValidationError(
                f"Template format error: Output {name} is malformed: Export must have a Name only"
            )


def _check_name(section: str, name: str) -> None:
    if not (name.isascii() and name.isalnum()):
        raise ValidationError(f"Template format error: {section} name {name} is non alphanumeric.")
