"""Patterns are read once, and mean what LocalStack's engine takes them for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from localstack.services.events.event_rule_engine import InvalidEventPatternException
from localstack.utils.event_matcher import matches_event

from lakestack.services.event_rules import matching

EVENT = {
    "source": "lake",
    "detail-type": "Rated",
    "resources": ["a", "b"],
    "detail": {"key": "raw/x.csv", "size": 12, "tags": [{"n": 1}, {"n": 2}], "none": None},
}
PATTERNS: list[tuple[dict[str, Any], bool]] = [
    ({"source": ["lake"]}, True),
    ({"source": ["sea"]}, False),
    ({"resources": ["b"]}, True),
    ({"detail": {"key": [{"prefix": "raw/"}]}}, True),
    ({"detail": {"key": [{"suffix": ".json"}]}}, False),
    ({"detail": {"size": [{"numeric": [">", 10, "<=", 12]}]}}, True),
    ({"detail": {"size": [{"numeric": [">", 12]}]}}, False),
    ({"detail": {"tags": {"n": [2]}}}, True),
    ({"detail": {"none": [None]}}, True),
    ({"detail": {"gone": [{"exists": False}]}}, True),
    ({"detail": {"key": [{"anything-but": ["raw/x.csv"]}]}}, False),
    ({"$or": [{"source": ["sea"]}, {"detail": {"size": [12]}}]}, True),
]


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS)
def test_patterns(pattern: dict[str, Any], expected: bool) -> None:
    text = json.dumps(pattern)
    assert matching.matches(text, EVENT) is expected
    assert matches_event(text, EVENT) is expected


def test_no_pattern_meets_everything_and_a_wrong_one_is_refused() -> None:
    assert matching.matches(None, EVENT)
    with pytest.raises(InvalidEventPatternException):
        matching.matches('{"source": "lake"}', EVENT)


def test_a_pattern_is_read_once() -> None:
    text = json.dumps({"source": ["once"]})
    before = matching._read.cache_info()
    for _ in range(5):
        matching.matches(text, EVENT)
    after = matching._read.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 4)
