"""Which operation a request of a REST service asks for, where method and path tell.

LocalStack 4.9.2 asks werkzeug's tables, and each operation that has the same method and path what
it needs in the query string. For S3 that was a tenth of a small request. Here the rules of a method
whose paths have no fixed parts are told apart by how many parts a path has, which is what S3's are
like; all else is left to LocalStack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from localstack.aws.protocol.op_router import _RequestMatchingRule
from localstack.aws.protocol.routing import post_process_arg_name
from werkzeug.exceptions import NotFound

from lakestack import patches
from lakestack.services.known_paths import is_bindable

_PLAIN = re.compile(r"(/[A-Za-z0-9._~%!$&'()*+,=:@-]+)+/*(?=\?|\Z)")
"""A target whose path nobody reads in two ways: no parameters, no empty parts but at its end."""
_PART = re.compile(r"<(path:)?([A-Za-z0-9_]+)>")


class Route(NamedTuple):
    """What a path leads to.

    Attributes:
        names: of its parts
        greedy: whether the last one takes all that follows
        rule: LocalStack's
        unasked: of operations that nothing but headers tells apart, those that need no query
            string, in the order in which they are tried; None: there is one operation
    """

    names: tuple[str, ...]
    greedy: bool
    rule: Any
    unasked: tuple[Any, ...] | None


Routes = Mapping[str, Mapping[int, Route]]
"""By method and number of parts, which for a greedy route is the least one, below zero."""


def install() -> None:
    """Put ours before LocalStack's."""
    patches.replace("operation_routes.match", matcher(patches.original("operation_routes.match")))


def matcher(original: Callable[..., Any]) -> Callable[..., Any]:
    """The method that finds the operation of a request, and the parts of its path.

    Args:
        original: LocalStack's
    """

    def match(router: Any, request: Any) -> tuple[Any, Mapping[str, Any]]:
        routes = router.__dict__.get("_lake_routes")
        if routes is None:
            routes = router.__dict__["_lake_routes"] = routes_of(router._map.iter_rules())
        found = find(routes, request)
        if found is None:
            result: tuple[Any, Mapping[str, Any]] = original(router, request)
            return result
        return found

    return match


def find(routes: Routes, request: Any) -> tuple[Any, Mapping[str, Any]] | None:
    """The operation and the parts of the path; None if werkzeug has to be asked.

    Raises:
        NotFound: there is no such operation
    """
    by_count = routes.get(request.method)
    if by_count is None or not is_bindable(request.host):
        return None
    plain = _PLAIN.match(request.environ.get("RAW_URI", ""))
    if plain is None:
        return None
    parts = plain[0].rstrip("/").split("/")[1:]
    route = by_count.get(len(parts)) or next(
        (each for count, each in by_count.items() if count < 0 and len(parts) >= -count), None
    )
    if route is None:
        return None
    if route.greedy:
        last = len(route.names) - 1
        parts[last:] = ["/".join(parts[last:])]
    rule = route.rule
    if route.unasked is not None:
        rule = _rule_of(route, request)
    return rule.endpoint, dict(zip(route.names, map(unquote, parts), strict=True))


def _rule_of(route: Route, request: Any) -> Any:
    if request.query_string:
        return route.rule.match_request(request)
    headers = request.headers
    for rule in route.unasked or ():
        if all(name in headers for name in rule.required_header_args):
            return rule
    raise NotFound


def routes_of(rules: Any) -> Routes:
    """The routes of methods whose paths have no fixed parts, and whose numbers of parts differ."""
    by_method: dict[str, dict[int, Route] | None] = {}
    for rule in rules:
        count, route = _route(rule)
        for method in rule.methods or ():
            found = by_method.setdefault(method, {})
            if found is None:
                continue
            if route is None or count in found:
                by_method[method] = None
            else:
                found[count] = route
    return {method: found for method, found in by_method.items() if found and _differ(list(found))}


def _differ(counts: list[int]) -> bool:
    """Whether no number of parts fits two of them."""
    least = [-count for count in counts if count < 0]
    return len(least) <= 1 and all(count < min(least, default=1 << 30) for count in counts)


def _route(rule: Any) -> tuple[int, Route | None]:
    texts = [text for text in rule.rule.split("/")[1:] if text]
    found = [_PART.fullmatch(text) for text in texts]
    parts = [part for part in found if part is not None]
    greedy = [bool(part[1]) for part in parts]
    if len(parts) < len(texts) or any(greedy[:-1]):
        return 0, None
    names = tuple(post_process_arg_name(part[2]) for part in parts)
    unasked = None
    if isinstance(rule, _RequestMatchingRule):
        unasked = tuple(each for each in rule.rules if not each.required_query_args)
    is_greedy = bool(greedy) and greedy[-1]
    route = Route(names, is_greedy, rule, unasked)
    return (-len(names) if is_greedy else len(names)), route
