"""Which events a pipe lets through.

Amazon EventBridge User Guide, "Event filtering in Amazon EventBridge Pipes": a pattern that asks
for an object in ``body`` or ``data`` is compared with the JSON that is encoded there, one that asks
for a list of values with its text. A document that is no JSON does not match an object.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localstack.utils.event_matcher import matches_event

from lakestack.services import event_patterns
from lakestack.services.pipes.event_values import decoded, text_of


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
            found.append(event_patterns.checked(text))
        except event_patterns.PatternError as e:
            raise FilterError(f"Invalid filter pattern {text}: {e}") from e
    return found


def passes(patterns: Sequence[dict[str, Any]], event: dict[str, Any]) -> bool:
    """Whether an event matches one of the patterns; without patterns, all do."""
    return not patterns or any(matches_event(p, _seen_by(p, event)) for p in patterns)


def _seen_by(pattern: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = decoded(event)
    for name in ("body", "data"):
        if name in seen and isinstance(pattern.get(name), list):
            seen[name] = text_of(event[name] if name == "body" else seen[name])
    return seen
