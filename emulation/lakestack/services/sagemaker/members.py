"""Members of requests and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def without(request: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The request's members but these."""
    return {name: value for name, value in request.items() if name not in names}
