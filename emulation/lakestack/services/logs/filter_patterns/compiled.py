"""A filter pattern of any kind, compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from lakestack.services.logs.filter_patterns.json_pattern import JsonPattern
from lakestack.services.logs.filter_patterns.space_delimited import SpaceDelimited
from lakestack.services.logs.filter_patterns.terms import Terms
from lakestack.services.logs.filter_patterns.values import Match


class FilterPattern(Protocol):
    """What every kind of pattern answers."""

    def match(self, message: str) -> Match | None:
        """What the pattern finds in an event; None if it does not match."""
        ...

    def has(self, name: str) -> bool:
        """Whether an event that matches can have a field: ``$name`` or ``$.selector``."""
        ...


@lru_cache(maxsize=512)
def compile_filter(text: str) -> FilterPattern:
    """Compile a filter pattern; an empty one matches every event.

    Raises:
        InvalidParameterException: AWS does not take it
    """
    text = text.strip()
    if text.startswith("{"):
        return JsonPattern(text)
    if text.startswith("["):
        return SpaceDelimited(text)
    return Terms(text)
