"""The form of changes in place, and what they share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Model = dict[str, Any]
Change = Callable[[Any, Model, Any], None]
"""Of LocalStack's client factory, the resource's model with its attributes, and the value."""
Difference = Callable[[Any, Model, Any, Any], None]
"""As `Change`, and the value before; both may be None."""


def tag_map(tags: Any) -> dict[str, str]:
    """Tags by their keys, from either form that types have."""
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def tag_specifications(kind: str, tags: Any) -> Model:
    """The parameter by which EC2 is given a new resource's tags; empty where it has none.

    Args:
        kind: EC2's name of the resource type
    """
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def document(value: Any) -> str:
    """A policy as text."""
    return value if isinstance(value, str) else json.dumps(value)
