"""Patterns for JSON events: ``{ ($.a.b[0] = "text*" || $.c > 5) && $.d NOT EXISTS }``.

User Guide, "Using filter patterns to match terms in JSON log events". A field that an event has not
matches neither ``=`` nor ``!=`` (our guess), and an object or a list matches nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from lakestack.services.logs.filter_patterns.scanner import Scanner, invalid
from lakestack.services.logs.filter_patterns.values import Match, Number, condition, text_of

MAX_WILDCARDS = 3
"""User Guide: of a pattern; a selector has one at most."""
MAX_DEPTH = 50
"""Parentheses within each other: our guess."""

_STEP = re.compile(
    r"""\.?\[\s*(?:(?P<index>\d+)|(?P<every>\*)|'(?P<single>[^']*)'|"(?P<double>[^"]*)")\s*\]
      | \.(?:(?P<name>[\w-]+)|(?P<all>\*))""",
    re.VERBOSE,
)
_IS = re.compile(r"IS\s+(NULL|TRUE|FALSE)\b")
_NOT_EXISTS = re.compile(r"NOT\s+EXISTS\b")
_MEANT = {"NULL": None, "TRUE": True, "FALSE": False}
_EVERY = None
"""The step that stands for every element or field."""

Step = str | int | None
Test = Callable[[Any], bool]


class JsonPattern:
    """A pattern for JSON objects; what is none does not match."""

    def __init__(self, text: str) -> None:
        self._selectors: dict[str, list[Step]] = {}
        scanner = Scanner(text)
        scanner.expect("{")
        self._test = self._either(scanner, 0)
        scanner.expect("}")
        if not scanner.ended():
            raise scanner.unexpected()
        wildcards = sum(steps.count(_EVERY) for steps in self._selectors.values())
        if wildcards > MAX_WILDCARDS:
            raise invalid(f"A filter pattern can have at most {MAX_WILDCARDS} wildcard selectors")

    def match(self, message: str) -> Match | None:
        event = _parsed(message)
        if event is None or not self._test(event):
            return None
        found = {name: _first(event, steps) for name, steps in self._selectors.items()}
        extracted = {name: value for name, value in found.items() if value is not None}

        def lookup(name: str) -> str | None:
            steps = selector(name)
            return None if steps is None else _first(event, steps)

        return Match(extracted, lookup)

    def has(self, name: str) -> bool:
        """Whether this is the selector of a field."""
        return selector(name) is not None

    def _either(self, scanner: Scanner, depth: int) -> Test:
        found = [self._both(scanner, depth)]
        while scanner.take("||"):
            found.append(self._both(scanner, depth))
        return found[0] if len(found) == 1 else lambda event: any(test(event) for test in found)

    def _both(self, scanner: Scanner, depth: int) -> Test:
        found = [self._unit(scanner, depth)]
        while scanner.take("&&"):
            found.append(self._unit(scanner, depth))
        return found[0] if len(found) == 1 else lambda event: all(test(event) for test in found)

    def _unit(self, scanner: Scanner, depth: int) -> Test:
        if scanner.take("("):
            if depth == MAX_DEPTH:
                raise invalid(f"More than {MAX_DEPTH} parentheses within each other")
            test = self._either(scanner, depth + 1)
            scanner.expect(")")
            return test
        scanner.skip_spaces()
        steps = self._selector(scanner)
        scanner.skip_spaces()
        if scanner.match(_NOT_EXISTS):
            return lambda event: not _select(event, steps)
        if found := scanner.match(_IS):
            meant = _MEANT[found[1]]
            return lambda event: any(value is meant for value in _select(event, steps))
        compare = condition(scanner, typed=True)
        return lambda event: any(
            compare(value) for value in _select(event, steps) if isinstance(value, str | bool)
        )

    def _selector(self, scanner: Scanner) -> list[Step]:
        begin = scanner.at
        if not scanner.take("$"):
            raise scanner.unexpected()
        steps: list[Step] = []
        while found := scanner.match(_STEP):
            steps.append(_step(found))
        if not steps:
            scanner.at = begin
            raise scanner.unexpected()
        name = scanner.text[begin : scanner.at]
        if steps.count(_EVERY) > 1:
            raise invalid(f"The property selector '{name}' has more than one wildcard")
        self._selectors[name] = steps
        return steps


def selector(name: str) -> list[Step] | None:
    """The steps of a property selector; None if it is none."""
    scanner = Scanner(name)
    steps: list[Step] = []
    if scanner.take("$"):
        while found := scanner.match(_STEP):
            steps.append(_step(found))
    return steps if steps and scanner.at == len(name) else None


def _step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return int(found["index"])
    if found["every"] or found["all"]:
        return _EVERY
    return next(found[kind] for kind in ("name", "single", "double") if found[kind] is not None)


def _parsed(message: str) -> dict[str, Any] | None:
    text = message.strip()
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _select(event: Any, steps: list[Step]) -> list[Any]:
    """All values that a selector finds."""
    found = [event]
    for step in steps:
        found = [inner for value in found for inner in _inside(value, step)]
    return found


def _inside(value: Any, step: Step) -> list[Any]:
    if isinstance(value, dict):
        if step is _EVERY:
            return list(value.values())
        return [value[step]] if step in value else []
    if isinstance(value, list):
        if step is _EVERY:
            return value
        return value[step : step + 1] if isinstance(step, int) else []
    return []


def _first(event: Any, steps: list[Step]) -> str | None:
    values = [value for value in _select(event, steps) if isinstance(value, str | bool)]
    return text_of(values[0]) if values else None
