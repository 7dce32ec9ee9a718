"""Several of a kind in one answer: pages of lists, and those that are asked for by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lakestack.services.base import aws_error


def page(
    items: Sequence[Any], request: dict[str, Any], key: str, default: int = 100
) -> dict[str, Any]:
    """Cut one page out of a list.

    Args:
        key: the answer's name for the list

    Raises:
        InvalidInputException: the token is not one of ours
    """
    token = request.get("NextToken") or "0"
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise aws_error("InvalidInputException", f"NextToken {token!r} is not valid")
    start, size = int(token), int(request.get("MaxResults") or default)
    answer: dict[str, Any] = {key: list(items[start : start + size])}
    if start + size < len(items):
        answer["NextToken"] = str(start + size)
    return answer


def by_name(known: Mapping[str, Any], names: Sequence[str], key: str) -> dict[str, Any]:
    """Answer of a BatchGet operation: those that are there, and the names of those that are not.

    Args:
        known: what there is, by its name
        names: those asked for
        key: the answer's name for the list
    """
    return {
        key: [known[name].as_api() for name in names if name in known],
        f"{key}NotFound": [name for name in names if name not in known],
    }
