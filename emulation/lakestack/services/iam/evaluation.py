"""What policies decide about one action on one resource.

IAM User Guide, "Policy evaluation logic" (an explicit deny wins; else there must be an allow, and
the permissions boundary must allow it, too) and "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lakestack.services.iam.conditions import Context, holds
from lakestack.services.iam.documents import Statement, wildcard

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ESCAPED = {"*": "*", "?": "?", "$": "$"}


@dataclass
class Decision:
    """What was decided.

    Attributes:
        decision: ``allowed``, ``explicitDeny`` or ``implicitDeny``
        matched: statements that decided
        missing: context keys that policies ask for and nobody has given
        within_boundary: whether the permissions boundary allows it; None without one
    """

    decision: str
    matched: list[Statement] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    within_boundary: bool | None = None


def decide(
    action: str,
    resource: str,
    policies: list[Statement],
    context: Context,
    *,
    boundary: list[Statement] | None = None,
    resource_policy: list[Statement] | None = None,
    caller: str = "",
) -> Decision:
    """Evaluate policies.

    Args:
        action: ``service:Operation``
        resource: ARN, or ``*``
        boundary: statements of permissions boundaries, None where there is none
        resource_policy: statements of the resource's own policy
        caller: ARN of the principal, for the resource's policy

    Raises:
        PolicyError: a condition cannot be read
    """
    missing: set[str] = set()

    def matching(found: list[Statement]) -> list[Statement]:
        return [s for s in found if _matches(s, action, resource, context, missing)]

    own = matching(policies)
    theirs = [s for s in matching(resource_policy or []) if _is_for(s, caller)]
    limits = matching(boundary) if boundary is not None else None
    denies = [s for s in [*own, *theirs, *(limits or [])] if not s.allows]
    within = None if limits is None else any(s.allows for s in limits) and not denies
    if denies:
        return Decision("explicitDeny", denies, missing, within)
    allows = [s for s in [*own, *theirs] if s.allows]
    if allows and within is not False:
        return Decision("allowed", allows, missing, within)
    return Decision("implicitDeny", [], missing, within)


def _matches(
    statement: Statement, action: str, resource: str, context: Context, missing: set[str]
) -> bool:
    named = any(wildcard(p.lower(), action.lower()) for p in statement.actions)
    if named is statement.not_actions:
        return False
    if statement.resources is not None:
        meant = any(_fits(pattern, resource, context) for pattern in statement.resources)
        if meant is statement.not_resources:
            return False
    return holds(statement.conditions, context, missing)


def _fits(pattern: str, resource: str, context: Context) -> bool:
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        name, _, default = match[1].partition(",")
        if name in _ESCAPED:
            return _ESCAPED[name]
        found = context.get(name.strip().lower())
        if found is None and not default:
            known = False
        return found[0] if found else default.strip().strip("'")

    text = _VARIABLE.sub(value, pattern)
    # User Guide: a variable without value makes the statement match nothing.
    return known and wildcard(text, resource)


def _is_for(statement: Statement, caller: str) -> bool:
    if statement.principals is None:
        return False
    account = caller.split(":")[4] if caller.count(":") >= 5 else ""
    return any(
        principal in ("*", caller, account) or principal == f"arn:aws:iam::{account}:root"
        for principal in statement.principals
    )
