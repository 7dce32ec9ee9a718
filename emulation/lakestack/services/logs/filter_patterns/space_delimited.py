"""Patterns for space-delimited events: ``[ip, user, ..., status_code = 4*, bytes > 1000]``.

User Guide, "Using filter patterns to match terms in space-delimited log events". Without an
ellipsis, the last of several fields takes the rest of the event: ``[w1=ERROR, w2]`` matches lines
of any length that begin with ERROR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakestack.services.logs.filter_patterns.scanner import Scanner, invalid
from lakestack.services.logs.filter_patterns.values import Match, Test, condition

ELLIPSIS = "..."
MAX_DEPTH = 50
"""Parentheses within each other: our guess."""

_NAME = re.compile(r"[\w-]+")
_FIELD = re.compile(r'\[([^\]]*)\](?=\s|\Z)|"((?:[^"\\]|\\.)*)"(?=\s|\Z)|(\S+)', re.DOTALL)
"""Characters between brackets or double quotation marks are single fields."""


@dataclass(frozen=True)
class Field:
    """One field of a pattern.

    Attributes:
        name: empty for one that has none
        test: of its value; None where any will do
    """

    name: str
    test: Test | None

    def takes(self, value: str) -> bool:
        return self.test is None or self.test(value)


@dataclass(frozen=True)
class Token:
    """One field of an event: its value, and where it begins."""

    value: str
    at: int


class SpaceDelimited:
    """A pattern of fields."""

    def __init__(self, text: str) -> None:
        scanner = Scanner(text)
        scanner.expect("[")
        self._parts: list[list[Field]] = [[]]
        if not scanner.take("]"):
            self._read(scanner)
        if not scanner.ended():
            raise scanner.unexpected()
        names = [field.name for part in self._parts for field in part if field.name]
        self._names = set(names)
        if len(names) > len(self._names):
            raise invalid(f"Invalid filter pattern '{text}': a field's name is used twice")

    def match(self, message: str) -> Match | None:
        tokens = [
            Token(next(group for group in found.groups() if group is not None), found.start())
            for found in _FIELD.finditer(message)
        ]
        names = self._assigned(message, tokens)
        if names is None:
            return None
        extracted = {
            f"${names.get(index) or index + 1}": token.value for index, token in enumerate(tokens)
        }
        return Match(extracted, extracted.get)

    def has(self, name: str) -> bool:
        """Whether this is ``$`` and the name or the number of a field."""
        return name[:1] == "$" and (name[1:] in self._names or name[1:].isdecimal())

    def _read(self, scanner: Scanner) -> None:
        while True:
            if scanner.take(ELLIPSIS):
                self._parts.append([])
            else:
                self._parts[-1].append(_field(scanner))
            if scanner.take("]"):
                return
            scanner.expect(",")

    def _assigned(self, message: str, tokens: list[Token]) -> dict[int, str] | None:
        """The names of an event's fields, by index; None if the pattern does not match."""
        first, *others = self._parts
        if not others:
            return _exact(first, message, tokens) if first else {}
        *middle, last = others
        if len(first) + len(last) > len(tokens):
            return None
        names: dict[int, str] = {}
        begin, end = len(first), len(tokens) - len(last)
        if not _fits(first, tokens, 0, names) or not _fits(last, tokens, end, names):
            return None
        for part in middle:  # the first place that fits leaves the most for those behind it
            place = next(
                (at for at in range(begin, end - len(part) + 1) if _fits(part, tokens, at, names)),
                None,
            )
            if place is None:
                return None
            begin = place + len(part)
        return names


def _fits(fields: list[Field], tokens: list[Token], at: int, names: dict[int, str]) -> bool:
    if not all(f.takes(t.value) for f, t in zip(fields, tokens[at:], strict=False)):
        return False
    names.update({at + n: field.name for n, field in enumerate(fields)})
    return True


def _exact(fields: list[Field], message: str, tokens: list[Token]) -> dict[int, str] | None:
    if len(tokens) > len(fields) > 1:
        last = tokens[len(fields) - 1]
        tokens[len(fields) - 1 :] = [Token(message[last.at :].rstrip(), last.at)]
    names: dict[int, str] = {}
    if len(tokens) != len(fields) or not _fits(fields, tokens, 0, names):
        return None
    return names


def _field(scanner: Scanner) -> Field:
    scanner.skip_spaces()
    if scanner.peek() in (",", "]"):
        return Field("", None)
    begin = scanner.at
    if scanner.peek() != "(" and (found := scanner.match(_NAME)):
        scanner.skip_spaces()
        if scanner.peek() in (",", "]"):
            return Field(found[0], None)
        scanner.at = begin
    names: set[str] = set()
    test = _either(scanner, names, 0)
    if len(names) != 1:
        raise invalid(f"Conditions of one field have several names: {', '.join(sorted(names))}")
    return Field(names.pop(), test)


def _either(scanner: Scanner, names: set[str], depth: int) -> Test:
    found = [_both(scanner, names, depth)]
    while scanner.take("||"):
        found.append(_both(scanner, names, depth))
    return found[0] if len(found) == 1 else lambda value: any(test(value) for test in found)


def _both(scanner: Scanner, names: set[str], depth: int) -> Test:
    found = [_unit(scanner, names, depth)]
    while scanner.take("&&"):
        found.append(_unit(scanner, names, depth))
    return found[0] if len(found) == 1 else lambda value: all(test(value) for test in found)


def _unit(scanner: Scanner, names: set[str], depth: int) -> Test:
    if scanner.take("("):
        if depth == MAX_DEPTH:
            raise invalid(f"More than {MAX_DEPTH} parentheses within each other")
        test = _either(scanner, names, depth + 1)
        scanner.expect(")")
        return test
    scanner.skip_spaces()
    found = scanner.match(_NAME)
    if not found:
        raise scanner.unexpected()
    names.add(found[0])
    return condition(scanner, typed=False)
