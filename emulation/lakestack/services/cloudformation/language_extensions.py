"""The transform ``AWS::LanguageExtensions``: loops, and functions where plain templates have none.

AWS CloudFormation Template Reference, "AWS::LanguageExtensions transform" and "Fn::ForEach". What
needs a resource (`Fn::ToJsonString`, `Fn::Length` of such a list) is evaluated when it is there.
"""

from __future__ import annotations

import re
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.static_values import StaticValues
from lakestack.services.cloudformation.template import Template, as_text

NAME = "AWS::LanguageExtensions"
FOR_EACH = "Fn::ForEach"
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_NO_LETTERS = re.compile(r"[^A-Za-z0-9]")


def apply(template: Template, values: StaticValues) -> Template:
    """The template with its loops unrolled, and its policies and names evaluated.

    Raises:
        ValidationError: a loop without its form, or a collection that is not known yet
    """
    made: Template = _unrolled(template, values, "")
    values = values.of(made)  # loops make conditions and mappings, too
    for name, resource in (made.get("Resources") or {}).items():
        for policy in _POLICIES:
            if isinstance(resource, dict) and isinstance(resource.get(policy), dict):
                found = values.resolve(resource[policy])
                if not isinstance(found, str):
                    raise ValidationError(
                        f"Template format error: {policy} of {name} must evaluate to a string"
                    )
                resource[policy] = found
    return {key: _named(section, values) for key, section in made.items()}


def _unrolled(value: Any, values: StaticValues, where: str) -> Any:
    if isinstance(value, list):
        return [_unrolled(item, values, where) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        inner = f"{where}/{key}"
        loop = key.startswith(f"{FOR_EACH}::")
        made = _rounds(item, values, inner) if loop else {key: _unrolled(item, values, inner)}
        if double := sorted(made.keys() & found.keys()):
            raise ValidationError(
                f"Template format error: [{inner}] makes {', '.join(double)} more than once"
            )
        found |= made
    return found


def _rounds(loop: Any, values: StaticValues, where: str) -> dict[str, Any]:
    form = isinstance(loop, list) and len(loop) == 3 and isinstance(loop[2], dict)
    if not form or not isinstance(loop[0], str):
        raise ValidationError(
            f"Template format error: [{where}] {FOR_EACH} requires an identifier, a collection and "
            "an object of what is made for each of its values"
        )
    identifier, given, body = loop
    collection = values.resolve(given)
    if not isinstance(collection, list) or any(isinstance(i, dict | list) for i in collection):
        raise ValidationError(
            f"Template format error: [{where}] the collection of {FOR_EACH} must be a list of "
            "strings that is known before the deployment"
        )
    found: dict[str, Any] = {}
    for item in collection:
        text = str(as_text(item))
        once = _unrolled(_with(body, identifier, text), values, where)
        if double := sorted(once.keys() & found.keys()):
            raise ValidationError(
                f"Template format error: [{where}] makes {', '.join(double)} more than once"
            )
        found |= once
    return found


def _with(value: Any, identifier: str, text: str) -> Any:
    """A loop's body for one value: ``${Name}``, ``&{Name}`` (letters and digits), ``Ref``."""
    if isinstance(value, str):
        plain = value.replace(f"&{{{identifier}}}", _NO_LETTERS.sub("", text))
        return plain.replace(f"${{{identifier}}}", text)
    if isinstance(value, list):
        return [_with(item, identifier, text) for item in value]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": identifier}:
        return text
    return {
        _with(key, identifier, text): _with(item, identifier, text) for key, item in value.items()
    }


def _named(value: Any, values: StaticValues) -> Any:
    """With the names in `Ref` and `Fn::GetAtt` evaluated, and the lengths of known lists."""
    if isinstance(value, list):
        return [_named(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Fn::Length":
            return values.resolve(value)
        if function == "Ref" and isinstance(argument, dict):
            return {function: values.resolve(argument)}
        if function == "Fn::GetAtt" and isinstance(argument, list):
            return {function: [values.resolve(item) for item in argument]}
    return {key: _named(item, values) for key, item in value.items()}
