"""LocalStack's and moto's modules that run patterns of clients run them as `patterns` does.

Each of these modules calls functions of its own global `re`; it gets a stand-in with the same
functions. A module is dressed when it is imported, so that none is imported for that alone.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from lakestack.services.patterns import Pattern, compile_pattern

MODULES = frozenset(
    {
        "localstack.services.apigateway.legacy.helpers",  # selection patterns
        "localstack.services.apigateway.next_gen.execute_api.handlers.integration_response",
        "localstack.services.events.event_rule_engine",  # wildcards of events, also of mappings
        "localstack.services.s3.cors",  # allowed origins
        "moto.core.utils",  # names with * and ?
        "moto.events.models",  # name prefixes
        "moto.glue.models",  # GetTables
        "moto.glue.utils",  # LIKE of GetPartitions
        "moto.iam.access_control",
        "moto.s3.utils",
        "moto.sqs.models",
    }
)
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


class _Dresser(importlib.abc.MetaPathFinder):
    """Finds the modules as Python does, and gives them the stand-in once they are loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in MODULES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                module.re = BOUNDED  # type: ignore[attr-defined]

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Dress the modules that are there, and the others when they come."""
    for name in MODULES:
        if name in sys.modules:
            sys.modules[name].re = BOUNDED  # type: ignore[attr-defined]
    if not any(isinstance(finder, _Dresser) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Dresser())
