"""Policy documents of IAM, read into statements.

IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from lakestack.services.patterns import wildcard_pattern


class PolicyError(Exception):
    """A policy that cannot be read."""


@dataclass(frozen=True)
class Statement:
    """A statement of a policy.

    Attributes:
        allows: its Effect
        actions: patterns of Action, or of NotAction
        resources: patterns of Resource, or of NotResource; None where it has neither
        principals: of Principal, flat; None where it has none
        source: name of its policy
        kind: AWS's name for the policy's kind
    """

    allows: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...] | None
    not_resources: bool
    conditions: dict[str, Any] = field(default_factory=dict)
    principals: tuple[str, ...] | None = None
    source: str = ""
    kind: str = ""


def listed(value: Any) -> list[Any]:
    """A value, or a list of them, as a list."""
    return list(value) if isinstance(value, list) else [value]


def wildcard(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern with ``*`` and ``?``."""
    return bool(wildcard_pattern(pattern, many="*", one="?").fullmatch(text))


def statements(document: str | dict[str, Any], source: str, kind: str) -> list[Statement]:
    """Read a policy.

    Args:
        document: its JSON
        source: its name, as answers show it
        kind: of its source: ``IAM Policy``, ``Resource Policy`` …

    Raises:
        PolicyError: it is none
    """
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError) as e:
        raise PolicyError(f"Syntax errors in policy {source}: {e}") from e
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise PolicyError(f"Syntax errors in policy {source}: it has no Statement")
    return [_statement(each, source, kind) for each in listed(policy["Statement"])]


def _statement(given: Any, source: str, kind: str) -> Statement:
    if not isinstance(given, dict) or given.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"Syntax errors in policy {source}: a statement's Effect")
    action = "NotAction" if "NotAction" in given else "Action"
    if action not in given:
        raise PolicyError(f"Syntax errors in policy {source}: a statement has no Action")
    resource = "NotResource" if "NotResource" in given else "Resource"
    conditions = given.get("Condition") or {}
    if not isinstance(conditions, dict) or not all(
        isinstance(v, dict) for v in conditions.values()
    ):
        raise PolicyError(f"Syntax errors in policy {source}: a statement's Condition")
    return Statement(
        allows=given["Effect"] == "Allow",
        actions=tuple(map(str, listed(given[action]))),
        not_actions=action == "NotAction",
        resources=tuple(map(str, listed(given[resource]))) if resource in given else None,
        not_resources=resource == "NotResource",
        conditions=conditions,
        principals=_principals(given.get("Principal")),
        source=source,
        kind=kind,
    )


def _principals(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    groups = given.values() if isinstance(given, dict) else [given]
    return tuple(str(item) for group in groups for item in listed(group))
