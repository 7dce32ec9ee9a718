"""Python's parser, asked by one thread after another.

werkzeug makes the builder of each route from a syntax tree, so that two services whose tables of
routes are made by two requests at the same time answer one of them with 500; see
`lakestack.patches.sources.PARSING`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakestack import patches
from lakestack.patches.sources import PARSING


def install() -> None:
    """Let routes wait for each other."""
    original: Callable[..., Any] = patches.original("python_parsing.routes")

    def compile_builder(self: Any, append_unknown: bool = True) -> Any:
        with PARSING:
            return original(self, append_unknown)

    patches.replace("python_parsing.routes", compile_builder)
