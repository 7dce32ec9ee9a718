"""Several of a kind in one answer: pages of lists, and those that are asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.base import aws_error
from lakestack.services.paging import answer, cut


def page(
    items: Sequence[Any], request: dict[str, Any], key: str, default: int = 100
) -> dict[str, Any]:
    """Cut one page out of a list.

    Args:
        key: the answer's name for the list

    Raises:
        InvalidInputException: the token is not one of ours
    """
    return answer(key, *cut(items, request, default, _refusal))


def _refusal(token: str) -> CommonServiceException:
    return aws_error("InvalidInputException", f"NextToken {token!r} is not valid")


def by_name(
    known: Mapping[str, Any],
    names: Sequence[str],
    key: str,
    show: Callable[[Any], Any] = lambda found: found.as_api(),
) -> dict[str, Any]:
    """Answer of a BatchGet operation: those that are there, and the names of those that are not.

    Args:
        known: what there is, by its name
        names: those asked for
        key: the answer's name for the list
        show: makes what the answer has of each
    """
    return {
        key: [show(known[name]) for name in names if name in known],
        f"{key}NotFound": [name for name in names if name not in known],
    }
