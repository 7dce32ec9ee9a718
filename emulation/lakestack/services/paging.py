"""Pages of lists, for operations whose token is a place in the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def cut(
    items: Sequence[T],
    request: dict[str, Any],
    default: int,
    refusal: Callable[[str], Exception],
) -> tuple[list[T], str | None]:
    """Cut one page out of a list.

    Args:
        request: with NextToken and MaxResults, both optional
        default: the page's length where the request has no MaxResults
        refusal: makes the service's error for a token that is not one of ours

    Returns:
        the page and the token of the next one, None at the end

    Raises:
        Exception: what `refusal` makes
    """
    token = request.get("NextToken") or "0"
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise refusal(token)
    start = int(token)
    end = start + int(request.get("MaxResults") or default)
    return list(items[start:end]), str(end) if end < len(items) else None


def answer(key: str, page: list[Any], token: str | None) -> dict[str, Any]:
    """An answer with a page under its name, and NextToken where there is one."""
    return {key: page, **({"NextToken": token} if token else {})}
