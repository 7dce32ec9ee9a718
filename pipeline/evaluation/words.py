"""Words that the console and the report have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["measured"]


def measured(protocol: Mapping[str, Any]) -> str:
    """How many users of how many, in words; a sample is named as such."""
    users, of = protocol["users_measured"], protocol["users"]
    if users == of:
        return f"all {of:,} users with held-out rows measured"
    return f"a SAMPLE of {users:,} of {of:,} users with held-out rows measured, drawn at random"
