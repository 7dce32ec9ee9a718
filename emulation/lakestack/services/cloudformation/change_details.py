"""Why a change set changes a resource, property by property.

AWS CloudFormation API Reference, "ResourceChange", "ResourceChangeDetail" and
"ResourceTargetDefinition".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakestack.services.cloudformation.references import Reference, references
from lakestack.services.cloudformation.schemas import schema_of
from lakestack.services.cloudformation.template import as_text

Detail = dict[str, Any]


@dataclass(frozen=True)
class Changed:
    """What else changes with a resource.

    Attributes:
        parameters: names of parameters that have another value
        resources: logical ids of resources that are changed
        replaced: of these, the ones in whose place others are made
    """

    parameters: Collection[str]
    resources: Collection[str]
    replaced: Collection[str] = ()


def details(
    resource_type: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    written: Mapping[str, Any],
    changed: Changed,
    *,
    values: bool = False,
) -> list[Detail]:
    """The details of a modified resource; by property, in the template's order.

    Args:
        before: properties as they are
        after: as they will be
        written: as the new template writes them
        values: whether the values are told, too
    """
    found: list[Detail] = []
    for name in [*after, *(name for name in before if name not in after)]:
        if before.get(name) != after.get(name):
            target = {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": _recreation(resource_type, name),
                **(_values(name, before, after) if values else {}),
            }
            causes = _causes(written.get(name), changed, values=values)
            found += [{"Target": target, **cause} for cause in causes]
    return found


def policy_action(action: str, replacement: str | None, policies: Mapping[str, Any]) -> str | None:
    """What becomes of the old resource; None where nothing becomes of it.

    Args:
        action: Add, Modify, Remove …
        replacement: True, False or Conditional, None where the action is no modification
        policies: the resource's declaration, with its deletion and replacement policies
    """
    if action == "Remove":
        return _POLICIES.get(policies.get("DeletionPolicy", ""), "Delete")
    if replacement == "True":
        return f"ReplaceAnd{_POLICIES.get(policies.get('UpdateReplacePolicy', ''), 'Delete')}"
    return None


_POLICIES = {"Retain": "Retain", "RetainExceptOnCreate": "Retain", "Snapshot": "Snapshot"}


def _values(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Detail:
    """What the option IncludePropertyValues adds to a target."""
    kind = "Modify" if name in before and name in after else "Add" if name in after else "Remove"
    made: Detail = {"Path": f"/Properties/{name}", "AttributeChangeType": kind}
    for key, side in (("BeforeValue", before), ("AfterValue", after)):
        if name in side:
            value = as_text(side[name])
            made[key] = value if isinstance(value, str) else json.dumps(value)
    return made


def _causes(value: Any, changed: Changed, *, values: bool) -> list[Detail]:
    given, later, known = [], [], False
    for reference in references(value):
        if reference.function not in ("Ref", "Fn::Sub", "Fn::GetAtt"):
            continue
        if reference.name in changed.parameters:
            given.append(_cause("Static", "ParameterReference", reference.name))
        elif reference.name in changed.resources:
            source, entity = _entity(reference)
            certain = reference.name in changed.replaced
            later.append(_cause("Static" if certain else "Dynamic", source, entity))
            known |= certain
    if given or (values and known):
        # The template may differ too, which is known only when the change is executed.
        return [*_once(given), *_once(later), _cause("Dynamic", "DirectModification")]
    return list(_once(later)) or [_cause("Static", "DirectModification")]


def _entity(reference: Reference) -> tuple[str, str]:
    argument = reference.argument
    attribute = ".".join(map(str, argument)) if isinstance(argument, list) else str(argument)
    if reference.function != "Ref" and "." in attribute:
        return "ResourceAttribute", attribute
    return "ResourceReference", reference.name


def _cause(evaluation: str, source: str, entity: str | None = None) -> Detail:
    made = {"Evaluation": evaluation, "ChangeSource": source}
    return made if entity is None else {**made, "CausingEntity": entity}


def _once(causes: list[Detail]) -> Iterator[Detail]:
    return (cause for n, cause in enumerate(causes) if cause not in causes[:n])


def _recreation(resource_type: str, name: str) -> str:
    """Whether another value of the property makes another resource, as the type's schema says."""
    schema = schema_of(resource_type) or {}
    path = f"/properties/{name}"
    always = schema.get("createOnlyProperties") or []
    if path in always:
        return "Always"
    partly = [*always, *(schema.get("conditionalCreateOnlyProperties") or [])]
    return "Conditionally" if any(f"{each}/".startswith(f"{path}/") for each in partly) else "Never"
