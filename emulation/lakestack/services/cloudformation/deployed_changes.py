"""What a deployment has done to resources, and what templates say of keeping them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lakestack.services.cloudformation.values import is_custom

Model = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that was done to a resource, and what it takes to undo it.

    Args:
        kind: added, modified or replaced
        old: the resource's record before, None if it was added
        old_properties: as the old template specified them
        new_properties: as the new one does
    """

    name: str
    kind: str
    resource_type: str
    old: Model | None = None
    old_properties: Model | None = None
    new_properties: Model | None = None


def superseded(old: Model, new: Model) -> bool:
    """Whether an update by a custom resource's function made something new beside the old."""
    return is_custom(new["Type"]) and old.get("PhysicalResourceId") != new["PhysicalResourceId"]


def having(template: Model | None, policy: str, *values: str) -> set[str]:
    """Names of the resources whose policy has one of these values."""
    resources = (template or {}).get("Resources") or {}
    return {n for n, r in resources.items() if r.get(policy) in values}
