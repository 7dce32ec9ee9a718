"""LocalStack's and moto's modules that run patterns of clients run them as `patterns` does.

Each of these modules calls functions of its own global `re`; it gets a stand-in with the same
functions. A module is dressed when it is imported, so that none is imported for that alone.
"""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

from lakestack import patches
from lakestack.patches.many import PATTERNS
from lakestack.services.patterns import Pattern, compile_pattern

_LETTERS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}
_PLAIN = re.ASCII | re.UNICODE
_SEARCHES = ("match", "fullmatch", "search", "finditer")


class _BoundedRe(ModuleType):
    """The module `re`, whose searches of text by text are bounded.

    A pattern compiled by `re` itself is a constant of the module and stays what it is.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(re, name)

    @staticmethod
    def compile(pattern: Any, flags: int = 0) -> re.Pattern[Any] | Pattern:
        letters = "".join(c for flag, c in _LETTERS.items() if flags & flag)
        others = flags & ~(re.IGNORECASE | re.MULTILINE | re.DOTALL | _PLAIN)
        if isinstance(pattern, str) and not others:
            return compile_pattern(pattern, letters)
        return re.compile(pattern, flags)


def _bounded(name: str) -> Any:
    def search(pattern: Any, string: Any, flags: int = 0) -> Any:
        if isinstance(pattern, str) and isinstance(string, str):
            return getattr(_BoundedRe.compile(pattern, flags), name)(string)
        if isinstance(pattern, Pattern):
            return getattr(pattern, name)(string)
        return getattr(re, name)(pattern, string, flags)

    return search


BOUNDED = _BoundedRe("re")
for _name in _SEARCHES:
    setattr(BOUNDED, _name, _bounded(_name))


def install() -> None:
    """Dress the modules that are there, and the others when they come."""
    for module in PATTERNS:
        patches.replace_on_import(f"patterns.{module}", lambda _re: BOUNDED)
