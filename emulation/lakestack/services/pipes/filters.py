"""The patterns of a pipe; `event_filters` says what they let through."""

from __future__ import annotations

from typing import Any

from lakestack.services import event_filters, event_patterns


class FilterError(ValueError):
    """A pattern that is none; the text says which."""


def patterns_of(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The patterns of a pipe's SourceParameters.

    Raises:
        FilterError: one of them is no JSON object, or nothing that could be matched
    """
    found = []
    for given in (parameters.get("FilterCriteria") or {}).get("Filters") or []:
        text = given.get("Pattern") or ""
        try:
            found.append(event_filters.checked(text))
        except event_patterns.PatternError as e:
            raise FilterError(f"Invalid filter pattern {text}: {e}") from e
    return found
