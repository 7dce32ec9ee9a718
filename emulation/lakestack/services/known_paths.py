"""A table of routes is asked only for paths that one of its rules can match.

LocalStack's own resources are all below `/_localstack`, and looking for each request of S3 among
them took a fifteenth of what the request costs.
"""

from __future__ import annotations

import re
from typing import Any

_DYNAMIC = re.compile(r"[<{]")


class KnownPaths:
    """A handler of requests that leaves out another one where its routes cannot match.

    Args:
        handler: answers what is in the routes, and leaves all else alone
        router: its routes; they may grow
    """

    def __init__(self, handler: Any, router: Any) -> None:
        self._handler, self._router = handler, router
        self._looked_at: tuple[Any, int] | None = None
        self._starts: frozenset[str] | None = None

    def __call__(self, chain: Any, context: Any, response: Any) -> None:
        """Ask the handler, if it may have an answer."""
        starts = self._known()
        if starts is None or start_of(context.request.path) in starts:
            self._handler(chain, context, response)

    def _known(self) -> frozenset[str] | None:
        table = self._router.url_map
        found = (table, len(table._rules))
        if found != self._looked_at:
            self._starts = starts_of([rule.rule for rule in table.iter_rules()])
            self._looked_at = found
        return self._starts


def starts_of(rules: list[str]) -> frozenset[str] | None:
    """The first segments of all paths that rules match; None if a rule leaves it open."""
    starts = frozenset(start_of(rule) for rule in rules)
    return None if any(_DYNAMIC.search(start) for start in starts) else starts


def start_of(path: str) -> str:
    """The first segment of a path. Slashes that are doubled count once, as for werkzeug."""
    return path.lstrip("/").partition("/")[0]
