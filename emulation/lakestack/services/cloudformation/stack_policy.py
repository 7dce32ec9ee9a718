"""Stack policies: what an update may do to which resource of a stack.

AWS CloudFormation User Guide, "Prevent updates to stack resources"; errors as tests recorded on AWS
have them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.patterns import PatternError, wildcard_pattern

MODIFY, REPLACE, DELETE = "Update:Modify", "Update:Replace", "Update:Delete"
MAX_LENGTH = 16_384
_EVERY = "Update:*"
_ACTIONS = {MODIFY, REPLACE, DELETE, _EVERY}
_LOGICAL_ID = "LogicalResourceId/"
_KEYS = {"Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource"}
_KEYS |= {"Condition"}


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Args:
        allows: whether its effect is Allow
        actions: as written
        resources: as written
        not_actions: whether it is about all other actions
        not_resources: whether it is about all other resources
        types: wildcards of resource types, None for all
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_actions: bool
    not_resources: bool
    types: tuple[str, ...] | None

    def concerns(self, action: str, name: str, resource_type: str) -> bool:
        """Whether the statement is about this action on this resource."""
        named = _any(self.resources, _LOGICAL_ID + name)
        asked = action in self.actions or _EVERY in self.actions
        typed = self.types is None or _any(self.types, resource_type)
        return asked != self.not_actions and named != self.not_resources and typed


class StackPolicy:
    """A policy's statements; one without any text (``{}``) protects nothing."""

    def __init__(self, statements: Iterable[Statement] | None) -> None:
        self._statements = None if statements is None else tuple(statements)

    def refusal(self, action: str, name: str, resource_type: str) -> str | None:
        """Why this may not be done, None if it may.

        Args:
            action: one of `MODIFY`, `REPLACE`, `DELETE`
            name: the resource's logical id
        """
        if self._statements is None:
            return None
        allowed = False
        for number, each in enumerate(self._statements, 1):
            if not each.concerns(action, name, resource_type):
                continue
            if not each.allows:
                actions, resources = ", ".join(each.actions), ", ".join(each.resources)
                return (
                    f"Action denied by stack policy: Statement [#{number}] does not allow "
                    f"[{actions}] for resource [{resources}]"
                )
            allowed = True
        if allowed:
            return None
        return (  # the words are our guess
            f"Action denied by stack policy: No statement allows [{action}] for resource "
            f"[{_LOGICAL_ID}{name}]"
        )

    def check_names(self, names: Collection[str]) -> None:
        """Refuse logical ids that the template does not have.

        Raises:
            ValidationError: the first of them
        """
        for each in self._statements or ():
            for resource in each.resources:
                name = resource.removeprefix(_LOGICAL_ID)
                if resource != "*" and not set("*?") & set(name) and name not in names:
                    raise ValidationError(
                        f"Error validating stack policy: Unknown logical id '{resource}' in "
                        "statement {} - stack policies can only be applied to logical ids "
                        "referenced in the template"
                    )


def parse_policy(text: str) -> StackPolicy:
    """Read a policy.

    Raises:
        ValidationError: not a policy, or too long
    """
    if len(text) > MAX_LENGTH:
        raise ValidationError(
            "1 validation error detected: Value at 'stackPolicyBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_LENGTH}"
        )
    try:
        document = json.loads(text)
        if document == {}:
            return StackPolicy(None)
        statements = document.pop("Statement")
        if document.keys() - {"Version", "Id"}:
            raise ValueError(document)
        listed = [statements] if isinstance(statements, dict) else list(statements)
        return StackPolicy([_statement(each) for each in listed])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as e:
        raise ValidationError("Error validating stack policy: Invalid stack policy") from e


def _statement(given: dict[str, Any]) -> Statement:
    """Read one statement; raises ValueError, LookupError or AttributeError."""
    if given.keys() - _KEYS or given["Principal"] != "*" or given["Effect"] not in _EFFECTS:
        raise ValueError(given)
    actions, not_actions = _either(given, "Action", "NotAction")
    resources, not_resources = _either(given, "Resource", "NotResource")
    if not set(actions) <= _ACTIONS:
        raise ValueError(actions)
    if not all(r == "*" or r.removeprefix(_LOGICAL_ID) not in ("", r) for r in resources):
        raise ValueError(resources)
    return Statement(
        _EFFECTS[given["Effect"]],
        actions,
        resources,
        not_actions,
        not_resources,
        _types(given.get("Condition")),
    )


_EFFECTS = {"Allow": True, "Deny": False}


def _either(given: dict[str, Any], name: str, other: str) -> tuple[tuple[str, ...], bool]:
    """The texts of one of two elements, and whether it is the negated one."""
    if (name in given) == (other in given):
        raise ValueError(given)
    return _texts(given[name if name in given else other]), other in given


def _types(condition: Any) -> tuple[str, ...] | None:
    """The resource types of a condition: ``StringEquals`` or ``StringLike`` of ``ResourceType``."""
    if condition is None:
        return None
    ((operator, keys),) = condition.items()
    ((key, values),) = keys.items()
    if operator not in ("StringEquals", "StringLike") or key != "ResourceType":
        raise ValueError(condition)
    types = _texts(values)
    if operator == "StringEquals" and any("*" in each for each in types):
        raise ValueError(condition)  # a wildcard is one of StringLike only
    return types


def _texts(value: Any) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else tuple(value)
    if not values or not all(isinstance(each, str) for each in values):
        raise ValueError(value)
    for each in values:
        try:
            wildcard_pattern(each, many="*", one="?")
        except PatternError as e:
            raise ValueError(value) from e
    return values


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(wildcard_pattern(each, many="*", one="?").fullmatch(text) for each in patterns)
