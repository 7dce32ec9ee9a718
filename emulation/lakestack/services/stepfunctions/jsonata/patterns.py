"""JSONata's regular expressions, run as all patterns of clients are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jsonata.regex_engine import RegexFlags

from lakestack.services.patterns import compile_pattern


class _Pattern:
    """What JSONata asks of a compiled pattern."""

    def __init__(self, pattern: str, flags: str) -> None:
        self._pattern = compile_pattern(pattern, flags)

    def search(self, string: str) -> Any:
        return self._pattern.search(string)

    def finditer(self, string: str) -> Iterator[Any]:
        return self._pattern.finditer(string)

    def sub(self, repl: str | Callable[[Any], str], string: str, count: int = 0) -> str:
        """Replace the first `count` matches; all of them where it is 0."""
        found, position = [], 0
        for number, match in enumerate(self._pattern.finditer(string), 1):
            found.append(string[position : match.start()])
            found.append(repl(match) if callable(repl) else _filled(repl, match))
            position = match.end()
            if number == count:
                break
        return "".join([*found, string[position:]])

    def split(self, string: str, maxsplit: int = 0) -> list[str]:
        """The text between the matches, without their groups."""
        found, position = [], 0
        for match in self._pattern.finditer(string):
            found.append(string[position : match.start()])
            position = match.end()
            if len(found) == maxsplit:
                break
        return [*found, string[position:]]


def _filled(template: str, match: Any) -> str:
    r"""A replacement with the groups that it names as ``\g<number>``.

    A number has as many digits as the count of groups has, or one less where no group has it; the
    digits after it are text. A group that is not there is empty.
    """
    count = len(match.groups())
    head, *parts = template.split(r"\g<")
    found = [head]
    for part in parts:
        number, _, rest = part.partition(">")
        digits = number[: len(str(count))]
        if len(digits) > 1 and int(digits) > count:
            digits = digits[:-1]
        group = match.group(int(digits)) if int(digits) <= count else None
        found += [group or "", number[len(digits) :], rest]
    return "".join(found)


def engine(pattern: str, flags: RegexFlags) -> _Pattern:
    """Compile a pattern of an expression.

    Raises:
        PatternError: it is none
    """
    letters = ("i" if flags.case_insensitive else "") + ("m" if flags.multiline else "")
    return _Pattern(pattern, letters)
