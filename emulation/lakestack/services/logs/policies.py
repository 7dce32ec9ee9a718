"""Resource policies in the words of AWS, as LocalStack's tests recorded them there."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogResourcePolicy, LogsBackend

from lakestack import patches

SCOPE = "ACCOUNT"
"""API Reference, "ResourcePolicy": the other scope, RESOURCE, is of a log group's own policy."""


def install() -> None:
    """Put ours into the place of moto's."""
    patches.replace("logs.policy_described", _described)
    patches.replace("logs.delete_policy", delete_resource_policy)


def _described(policy: LogResourcePolicy) -> dict[str, Any]:
    found: dict[str, Any] = patches.original("logs.policy_described")(policy)
    return {**found, "policyScope": SCOPE}


def delete_resource_policy(backend: LogsBackend, policy_name: str) -> None:
    """Delete a policy; raises ResourceNotFoundException where there is none of the name."""
    if policy_name not in backend.resource_policies:
        raise ResourceNotFoundException(msg=f"Policy with name [{policy_name}] does not exist.")
    del backend.resource_policies[policy_name]
