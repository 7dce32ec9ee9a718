"""Several of a kind in one answer: pages of lists, and those that are asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lakestack.services.athena.state import invalid
from lakestack.services.paging import answer, cut


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
    return answer(key, *cut(items, request, default, lambda _: invalid("Invalid NextToken")))


def by_name(
    known: Mapping[str, Any],
    names: Sequence[str],
    show: Callable[[Any], dict[str, Any]],
    found: str,
    missing: str,
    refusal: Callable[[str], dict[str, str]],
) -> dict[str, Any]:
    """Answer of a BatchGet operation.

    Args:
        known: what there is, by its name or id
        names: those asked for
        show: makes what the answer has of each
        found: the answer's name for the list of these
        missing: its name for the list of those that are not there
        refusal: says of one that it is not there
    """
    return {
        found: [show(known[name]) for name in names if name in known],
        missing: [refusal(name) for name in names if name not in known],
    }
