"""Which route of an API takes a request.

API Gateway Developer Guide, "Create routes for HTTP APIs in API Gateway", "Routing API requests": a
full match of route and method, then a greedy path variable, then ``$default``. Where several match
fully, a text wins over a variable, from the left; then a method over ``ANY`` (the page's examples).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lakestack.services.apigatewayv2.state import DEFAULT

METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_TEXT, _VARIABLE, _GREEDY = 0, 1, 2


@dataclass(frozen=True)
class RouteKey:
    """A route key.

    Attributes:
        method: ``ANY`` for all; empty for ``$default``
        path: as it is written; empty for ``$default``
    """

    method: str
    path: str

    @property
    def parts(self) -> list[str]:
        """Segments of the path."""
        return self.path.split("/")[1:]


@dataclass(frozen=True)
class Match:
    """The route that takes a request.

    Attributes:
        route: its document
        parameters: values of its path variables
    """

    route: Mapping[str, Any]
    parameters: dict[str, str]


def read_key(text: str) -> RouteKey | None:
    """Read a route key; None where it is none."""
    if text == DEFAULT:
        return RouteKey("", "")
    method, space, path = text.partition(" ")
    if not space or method not in METHODS or not path.startswith("/"):
        return None
    parts = path.split("/")[1:]
    kinds = [_kind(part) for part in parts]
    if None in kinds or _GREEDY in kinds[:-1] or ("" in parts and parts != [""]):
        return None
    names = [_name(part) for part, kind in zip(parts, kinds, strict=True) if kind]
    return RouteKey(method, path) if len(names) == len(set(names)) else None


def choose(routes: Iterable[Mapping[str, Any]], method: str, path: str) -> Match | None:
    """The route for a request.

    Args:
        path: behind the stage, percent-encoded
    """
    best: tuple[Any, Match] | None = None
    for route in routes:
        key = read_key(route["RouteKey"])
        if key is None:
            continue
        found = _match(key, method, path)
        if found is not None and (best is None or found[0] < best[0]):
            best = found[0], Match(route, found[1])
    return best[1] if best else None


def _match(key: RouteKey, method: str, path: str) -> tuple[Any, dict[str, str]] | None:
    """How well a key fits, the less the better, and the values of its variables."""
    if not key.method:
        return (2, [], 1), {}
    if key.method not in ("ANY", method):
        return None
    wanted, given = key.parts, path.split("/")[1:]
    greedy = _kind(wanted[-1]) == _GREEDY
    if len(given) < len(wanted) or (len(given) > len(wanted) and not greedy):
        return None
    kinds, parameters = [], {}
    for index, part in enumerate(wanted):
        kind = _kind(part)
        value = "/".join(given[index:]) if kind == _GREEDY else given[index]
        if kind == _TEXT and unquote(value) != part:
            return None
        if kind:
            if not value:
                return None
            parameters[_name(part)] = unquote(value)
        kinds.append(kind)
    return (int(greedy), kinds, int(key.method == "ANY")), parameters


def _kind(part: str) -> int | None:
    """What a segment is; None: neither a text nor one variable."""
    if not part.startswith("{") and not part.endswith("}"):
        return None if "{" in part or "}" in part else _TEXT
    name = _name(part)
    if not (part.startswith("{") and part.endswith("}")) or not name or set("{}+") & set(name):
        return None
    return _GREEDY if part.endswith("+}") else _VARIABLE


def _name(part: str) -> str:
    return part[1:-1].removesuffix("+")
