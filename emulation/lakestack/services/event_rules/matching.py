"""Whether an event meets the pattern of a rule; a pattern is read once, not with each event."""

from __future__ import annotations

import functools
from typing import Any

from localstack.aws.api.events import InvalidEventPatternException
from localstack.services.events.event_rule_engine import EventPatternCompiler, EventRuleEngine

from lakestack.services import event_patterns

KEPT = 1_000
"""Patterns that are kept as they were read."""

_ENGINE, _COMPILER = EventRuleEngine(), EventPatternCompiler()


def check(pattern: str | None) -> None:
    """Refuse a pattern that AWS refuses; none is right.

    Raises:
        InvalidEventPatternException: with AWS's reason
    """
    if not pattern:
        return
    try:
        event_patterns.checked(pattern)
    except event_patterns.PatternError as e:
        raise InvalidEventPatternException(f"Event pattern is not valid. Reason: {e}") from e


def matches(pattern: str | None, event: dict[str, Any]) -> bool:
    """Whether an event meets a pattern, by the same engine as LocalStack's `matches_event`.

    Args:
        pattern: JSON; none meets everything

    Raises:
        InvalidEventPatternException: the pattern is none
    """
    if not pattern:
        return True
    alternatives = _read(pattern)
    payloads = _ENGINE.flatten_payload(event, alternatives)
    return any(
        all(_met(conditions, key, payloads) for key, conditions in alternative.items())
        for alternative in alternatives
    )


def _met(conditions: list[Any], key: str, payloads: list[dict[str, Any]]) -> bool:
    return any(
        _ENGINE._evaluate_condition(payload.get(key), condition, field_exists=key in payload)
        for condition in conditions
        for payload in payloads
    )


@functools.lru_cache(KEPT)
def _read(pattern: str) -> list[dict[str, list[Any]]]:
    """A pattern's alternatives (of ``$or``), each by the path of its fields."""
    read = _COMPILER.compile_event_pattern(pattern)
    alternatives: list[dict[str, list[Any]]] = _ENGINE.flatten_pattern(read)
    return alternatives
