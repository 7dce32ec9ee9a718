"""MaxResults and NextToken, the same for every list operation."""

from __future__ import annotations

from collections.abc import Sequence
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
