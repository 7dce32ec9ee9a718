"""What CloudFormation refuses in a template before it makes anything.

AWS CloudFormation User Guide, "Template anatomy" and "Troubleshooting CloudFormation"; the texts
are those of the service, whose clients look for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.resource_provider import plugin_manager

from lakestack.services.cloudformation.intrinsics import check_functions, check_macros, is_literal
from lakestack.services.cloudformation.references import (
    Reference,
    circle,
    dependencies,
    depends_on,
    references,
)
from lakestack.services.cloudformation.schemas import CUSTOM_RESOURCE, is_of_aws
from lakestack.services.cloudformation.sections import (
    check_condition_references,
    check_sections,
    is_pseudo_parameter,
)
from lakestack.services.cloudformation.template import Template
from lakestack.services.cloudformation.transforms import has_macros

_SECTIONS = {
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
}
_RESOURCE_KEYS = {
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
}
_EVALUATED = ("Properties", "UpdatePolicy", "CreationPolicy", "Metadata")
"""Parts of a resource in which functions are evaluated."""
_POLICIES = {
    "DeletionPolicy": {"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"},
    "UpdateReplacePolicy": {"Delete", "Retain", "Snapshot"},
}
_NAMED_IAM = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
_IAM = {
    *_NAMED_IAM,
    *("AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"),
}


def check(template: Template) -> None:
    """Check all that can be known without making anything.

    Raises:
        ValidationError: the first fault, in CloudFormation's words
    """
    macros = has_macros(template)  # and what they make of the rest is not known yet
    if (unknown := sorted(set(template) - _SECTIONS)) and not macros:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    check_sections(template, macros=macros)
    if not template.get("Resources") and not macros:
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    if macros:
        check_macros(template)
        return
    for name, resource in template["Resources"].items():
        _check_resource(name, resource)
    _check_all_functions(template)
    _check_types(template["Resources"])
    _check_names(template)
    if members := circle(dependencies(template)):
        raise ValidationError(f"Circular dependency between resources: [{', '.join(members)}]")


def required_capabilities(template: Template) -> list[str]:
    """Capabilities that the template's resources require of whoever creates the stack."""
    needed = []
    resources = [r for r in resources_of(template).values() if r["Type"] in _IAM]
    if any((r.get("Properties") or {}).get(_NAMED_IAM.get(r["Type"], "")) for r in resources):
        needed.append("CAPABILITY_NAMED_IAM")
    elif resources:
        needed.append("CAPABILITY_IAM")
    if has_macros(template):
        needed.append("CAPABILITY_AUTO_EXPAND")
    return needed


def resources_of(template: Template) -> dict[str, Any]:
    """The resources, without what a macro is still to make some of."""
    found = (template.get("Resources") or {}).items()
    return {name: r for name, r in found if isinstance(r, dict) and "Type" in r}


def missing_capabilities(template: Template, given: Iterable[str]) -> list[str]:
    """Those of `required_capabilities` that were not given; the named one includes the other."""
    have = set(given)
    if "CAPABILITY_NAMED_IAM" in have:
        have.add("CAPABILITY_IAM")
    return [c for c in required_capabilities(template) if c not in have]


def _check_resource(name: str, resource: Any) -> None:
    if not (name.isascii() and name.isalnum()):
        raise ValidationError(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(resource, dict):
        raise ValidationError(
            f"Template format error: [/Resources/{name}] Every Resources object must be an object."
        )
    if not isinstance(resource.get("Type"), str):
        raise ValidationError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a "
            "Type member."
        )
    custom = resource["Type"] == CUSTOM_RESOURCE or resource["Type"].startswith("Custom::")
    known = _RESOURCE_KEYS | ({"Version"} if custom else set())
    if unknown := sorted(set(resource) - known):
        raise ValidationError(f"Invalid template resource property '{unknown[0]}'")
    for key in _EVALUATED:
        if not isinstance(resource.get(key, {}), dict):
            raise ValidationError(
                f"Template format error: [/Resources/{name}/{key}] must be an object."
            )
    if not isinstance(resource.get("Condition", ""), str):
        raise ValidationError(
            f"Template format error: [/Resources/{name}] Every Condition member must be a string."
        )
    given = resource.get("DependsOn", [])
    if not isinstance(given, str) and not (
        isinstance(given, list) and all(isinstance(d, str) for d in given)
    ):
        raise ValidationError(
            "Template format error: Every DependsOn value must be a string or a list of strings."
        )
    for key, policies in _POLICIES.items():
        policy = resource.get(key, "Delete")
        if not isinstance(policy, str):
            raise ValidationError(f"Template format error: Every {key} value must be a string.")
        if policy not in policies:
            raise ValidationError(
                f"Template format error: Unrecognized {key} {policy} for resource {name}"
            )


def _check_all_functions(template: Template) -> None:
    for name, resource in template["Resources"].items():
        for key in _EVALUATED:
            check_functions(resource.get(key), f"/Resources/{name}")
    for name, output in template.get("Outputs", {}).items():
        for key in ("Value", "Export"):
            check_functions(output.get(key), f"/Outputs/{name}")


def _check_types(resources: dict[str, Any]) -> None:
    """Refuse types that nobody has; those that AWS alone has fail where they would be made."""
    unknown = sorted(each for each in _missing_types(resources) if not is_of_aws(each))
    if unknown:
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )


def check_made_types(resources: dict[str, Any]) -> None:
    """Refuse types that are not emulated.

    Args:
        resources: that will be made: none that a condition leaves out

    Raises:
        ValidationError: which they are
    """
    if missing := sorted(_missing_types(resources)):
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(missing)}] "
            "(AWS has them, this emulator does not; docs/cloudformation.md lists its types)"
        )


def _missing_types(resources: dict[str, Any]) -> set[str]:
    types = {r["Type"] for r in resources.values() if not r["Type"].startswith("Custom::")}
    return types - set(plugin_manager.list_names())


def _check_names(template: Template) -> None:
    resources = template["Resources"]
    for resource in resources.values():
        unresolved = [d for d in depends_on(resource) if d not in resources]
        _refuse_unresolved(unresolved, "Resources")
        if (condition := resource.get("Condition")) is not None:
            _check_reference(Reference("Fn::If", str(condition)), template, "Resources")
        for key in _EVALUATED:
            for reference in references(resource.get(key)):
                _check_reference(reference, template, "Resources")
    for output in (template.get("Outputs") or {}).values():
        if (condition := output.get("Condition")) is not None:
            _check_reference(Reference("Fn::If", condition), template, "Outputs")
        for key in ("Value", "Export"):
            for reference in references(output.get(key)):
                _check_reference(reference, template, "Outputs")
    check_condition_references(template)


def _check_reference(reference: Reference, template: Template, block: str) -> None:
    name, resources = reference.name, template["Resources"]
    known = is_pseudo_parameter(name) or name in resources
    if reference.function == "Fn::GetAtt":
        if name not in resources:
            raise ValidationError(
                f"Template error: instance of Fn::GetAtt references undefined resource {name}"
            )
    elif reference.function in ("Ref", "Fn::Sub"):
        if not known and name not in (template.get("Parameters") or {}):
            _refuse_unresolved([name], block)
    elif reference.function == "Fn::FindInMap":
        if name not in (template.get("Mappings") or {}):
            raise ValidationError(
                f"Template error: Mapping named '{name}' is not present in the 'Mappings' section "
                "of template."
            )
        _check_lookup(reference.argument, template["Mappings"][name])
    elif reference.function == "Fn::If" and name not in (template.get("Conditions") or {}):
        raise ValidationError(
            f"Template format error: Unresolved condition {name} in the {block} block of the "
            "template"
        )


def _check_lookup(argument: Any, mapping: dict[str, Any]) -> None:
    """A lookup whose keys are literals must find something."""
    name, first, second, *default = argument
    if default or not (is_literal(first) and is_literal(second)):
        return
    if str(second) not in mapping.get(str(first), {}):
        raise ValidationError(
            f"Template error: Unable to get mapping for {name}::{first}::{second}"
        )


def _refuse_unresolved(names: list[str], block: str) -> None:
    if names:
        raise ValidationError(
            f"Template format error: Unresolved resource dependencies [{', '.join(names)}] in the "
            f"{block} block of the template"
        )
