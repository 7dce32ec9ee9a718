"""A table of routes is asked only for requests that one of its rules can match.

LocalStack's own resources are all below `/_localstack`, and its other routes below a few paths or
at hosts of their own. To look for each request of S3 among them took a tenth of what it costs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

ANY_HOST = "<__host__>"
"""What a router of LocalStack's says of a rule without a host."""
_DYNAMIC = re.compile(r"[<{]")


class Known(NamedTuple):
    """What the rules of a table need.

    Attributes:
        starts: first segments of the paths of rules for any host; None: it is left open
        at_host: whether a rule is for this very host; asked of what `is_bindable`
    """

    starts: frozenset[str] | None
    at_host: Callable[[str], bool]


class KnownPaths:
    """A handler of requests that leaves out another one where its routes cannot match.

    Args:
        handler: answers what is in the routes, and leaves all else alone
        router: its routes; they may grow
    """

    def __init__(self, handler: Any, router: Any) -> None:
        self._handler, self._router = handler, router
        self._looked_at: tuple[Any, int] | None = None
        self._found = Known(None, lambda _: True)

    def __call__(self, chain: Any, context: Any, response: Any) -> None:
        """Ask the handler, if it may have an answer."""
        starts, at_host = self._known()
        if starts is not None and start_of(context.request.path) not in starts:
            host = context.request.host
            if is_bindable(host) and not at_host(host):
                return
        self._handler(chain, context, response)

    def _known(self) -> Known:
        table = self._router.url_map
        found = (table, len(table._rules))
        if found != self._looked_at:
            self._found = known(list(table.iter_rules()), table.converters)
            self._looked_at = found
        return self._found


def known(rules: list[Rule], converters: Any) -> Known:
    """What the rules of a table need.

    Args:
        converters: the table's
    """
    starts = starts_of([rule.rule for rule in rules if rule.host == ANY_HOST])
    if any(not rule.host for rule in rules):
        starts = None
    hosts = {rule.host for rule in rules if rule.host} - {ANY_HOST}
    at_hosts = [Rule("/", host=host, endpoint="") for host in sorted(hosts)]
    table = Map(at_hosts, host_matching=True, converters=converters)

    @functools.lru_cache(maxsize=64)
    def at_host(host: str) -> bool:
        return bool(at_hosts) and table.bind(host).test("/")

    return Known(starts, at_host)


@functools.lru_cache(maxsize=64)
def is_bindable(host: str) -> bool:
    """Whether a table of routes takes a host; one that it does not take it refuses by an error."""
    try:
        Map().bind(host)
    except HTTPException:
        return False
    return True


def starts_of(rules: list[str]) -> frozenset[str] | None:
    """The first segments of all paths that rules match; None if a rule leaves it open."""
    starts = frozenset(start_of(rule) for rule in rules)
    return None if any(_DYNAMIC.search(start) for start in starts) else starts


def start_of(path: str) -> str:
    """The first segment of a path. Slashes that are doubled count once, as for werkzeug."""
    return path.lstrip("/").partition("/")[0]
