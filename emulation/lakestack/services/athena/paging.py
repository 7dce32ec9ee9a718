"""Pages of lists, with Athena's error for a token that is not from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lakestack.services.athena.state import invalid


def page(
    items: Sequence[Any], request: dict[str, Any], key: str, default: int = 50
) -> dict[str, Any]:
    """Cut one page out of a list.

    Args:
        key: the answer's name for the list
        default: its length where the request has no MaxResults

    Raises:
        CommonServiceException: InvalidRequestException, the token is not one of ours
    """
    token = request.get("NextToken") or "0"
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise invalid("Invalid NextToken")
    start, size = int(token), int(request.get("MaxResults") or default)
    answer: dict[str, Any] = {key: list(items[start : start + size])}
    if start + size < len(items):
        answer["NextToken"] = str(start + size)
    return answer
