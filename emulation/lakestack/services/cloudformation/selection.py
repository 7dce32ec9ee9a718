"""What of a template is made: its conditions and rules, which depend on parameters alone.

AWS CloudFormation User Guide, "CloudFormation template Conditions syntax" and "Rules syntax": what
a condition leaves out is not looked at, and nothing that is made may name it.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.references import references
from lakestack.services.cloudformation.static_values import StaticValues
from lakestack.services.cloudformation.template import Template

_EVALUATED = ("Properties", "UpdatePolicy", "CreationPolicy", "Metadata")
_NAMING = ("Ref", "Fn::GetAtt", "Fn::Sub")


def selected(template: Template, values: StaticValues) -> Template:
    """The template without what its conditions leave out, and with each `Fn::If` decided.

    Raises:
        ValidationError: what is made names what is not
    """
    resources = {
        name: _decided(resource, values, _EVALUATED)
        for name, resource in template["Resources"].items()
        if _made(resource, values)
    }
    outputs = {
        name: _decided(output, values, ("Value", "Export"))
        for name, output in (template.get("Outputs") or {}).items()
        if _made(output, values)
    }
    left_out = template["Resources"].keys() - resources.keys()
    for block, parts in (("Resources", resources), ("Outputs", outputs)):
        for part in parts.values():
            _refuse_left_out(part, left_out, block)
    for resource in resources.values():
        if (needs := resource.get("DependsOn")) is not None:
            listed = [needs] if isinstance(needs, str) else needs
            resource["DependsOn"] = [n for n in listed if n not in left_out]
    made = {**template, "Resources": resources}
    if "Outputs" in template:
        made["Outputs"] = outputs
    return made


def check_rules(template: Template, values: StaticValues) -> None:
    """Evaluate the assertions of each rule whose condition holds. The error's words are our guess.

    Raises:
        ValidationError: an assertion does not hold, with its description
    """
    for name, rule in (template.get("Rules") or {}).items():
        if "RuleCondition" in rule and not values.holds(rule["RuleCondition"]):
            continue
        for assertion in rule["Assertions"]:
            if not values.holds(assertion["Assert"]):
                described = assertion.get("AssertDescription", "an assertion does not hold")
                raise ValidationError(f"Template error: rule {name} is not met: {described}")


def _made(part: Any, values: StaticValues) -> bool:
    condition = part.get("Condition")
    return not isinstance(condition, str) or values.condition(condition)


def _decided(part: dict[str, Any], values: StaticValues, keys: tuple[str, ...]) -> dict[str, Any]:
    decided = {k: values.chosen(v) if k in keys else v for k, v in part.items()}
    decided.pop("Condition", None)
    return decided


def _refuse_left_out(part: Any, left_out: set[str], block: str) -> None:
    named = {r.name for r in references(part) if r.function in _NAMING and r.name in left_out}
    if named:
        raise ValidationError(
            f"Template format error: Unresolved resource dependencies [{', '.join(sorted(named))}]"
            f" in the {block} block of the template"
        )
