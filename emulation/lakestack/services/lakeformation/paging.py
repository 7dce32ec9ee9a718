"""Pages of the lists of Lake Formation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lakestack.services.lakeformation.state import invalid
from lakestack.services.paging import answer, cut

_MOST = 1000


def page(items: Sequence[Any], request: dict[str, Any], key: str) -> dict[str, Any]:
    """Cut one page out of a list.

    Args:
        key: the answer's name for the list

    Raises:
        CommonServiceException: InvalidInputException, the token is not one of ours
    """
    return answer(key, *cut(items, request, _MOST, lambda _: invalid("Invalid NextToken")))
