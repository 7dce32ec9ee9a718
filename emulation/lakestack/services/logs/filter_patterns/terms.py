"""Patterns of terms, for events of any form.

User Guide, "Using filter patterns to match terms in unstructured log events". A term matches
wherever it stands, within words too (API Reference, "TestMetricFilter": ``"[ERROR]" Exception``
matches InvalidQueryException).
"""

from __future__ import annotations

from collections.abc import Callable

from lakestack.services.logs.filter_patterns.scanner import Scanner, invalid
from lakestack.services.logs.filter_patterns.values import Match
from lakestack.services.patterns import Pattern, PatternError

Test = Callable[[str], bool]


class Terms:
    """All plain terms and none of the excluded ones; or any of the optional ones, alone."""

    def __init__(self, text: str) -> None:
        self._wanted: list[Test] = []
        self._excluded: list[Test] = []
        self._optional: list[Test] = []
        scanner = Scanner(text)
        while not scanner.ended():
            kind = {"-": self._excluded, "?": self._optional}.get(scanner.peek())
            if kind is not None:
                scanner.at += 1
            (self._wanted if kind is None else kind).append(_term(scanner))

    def match(self, message: str) -> Match | None:
        if any(test(message) for test in self._excluded):
            return None
        if not all(test(message) for test in self._wanted):
            return None
        # User Guide: beside other terms, optional ones "will be ignored".
        alone = self._optional and not self._wanted and not self._excluded
        if alone and not any(test(message) for test in self._optional):
            return None
        return Match()

    def has(self, name: str) -> bool:  # noqa: ARG002 - as of the other kinds
        """Whether an event can have such a field: terms name none."""
        return False


def _term(scanner: Scanner) -> Test:
    pattern = scanner.regex()
    if pattern is not None:
        test = _regex(pattern)
    else:
        quoted = scanner.quoted()
        text = scanner.word() if quoted is None else quoted
        if text is None:
            raise scanner.unexpected()
        test = _contains(text)
    if scanner.peek() and not scanner.peek().isspace():
        raise (
            scanner.unexpected()
            if scanner.peek() != '"'
            else invalid(f"Invalid filter pattern '{scanner.text}': terms are separated by spaces")
        )
    return test


def _contains(text: str) -> Test:
    return lambda message: text in message


def _regex(pattern: Pattern) -> Test:
    def test(message: str) -> bool:
        try:
            return bool(pattern.search(message))
        except PatternError:  # too long for the engine with a deadline: no match
            return False

    return test
