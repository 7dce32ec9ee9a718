"""A table of routes is asked for what it may have, and for nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rolo.routing import Router

from lakestack.services.known_paths import KnownPaths, start_of, starts_of


class Handler:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, _chain: Any, context: Any, _response: Any) -> None:
        self.asked.append(context.request.path)


def ask(handler: Any, *paths: str) -> None:
    for path in paths:
        handler(None, SimpleNamespace(request=SimpleNamespace(path=path)), None)


def test_only_paths_that_a_route_begins_with_are_looked_for() -> None:
    router: Any = Router()
    router.add("/_own/health", lambda _request: None)
    handler = Handler()
    ask(KnownPaths(handler, router), "/bucket/key", "/_own/health", "/_own/none", "/", "/_ownly")
    assert handler.asked == ["/_own/health", "/_own/none"]


def test_a_route_that_is_added_later_counts() -> None:
    router: Any = Router()
    router.add("/_own/health", lambda _request: None)
    handler = Handler()
    known = KnownPaths(handler, router)
    ask(known, "/later/x")
    rule = router.add("/later/<name>", lambda _request, _name: None)
    ask(known, "/later/x")
    router.remove(rule)
    ask(known, "/later/x")
    assert handler.asked == ["/later/x"]


def test_a_route_that_may_begin_with_anything_is_always_looked_for() -> None:
    router: Any = Router()
    router.add("/<name>/fixed", lambda _request, _name: None)
    handler = Handler()
    ask(KnownPaths(handler, router), "/bucket/key")
    assert handler.asked == ["/bucket/key"]


@pytest.mark.parametrize(
    ("path", "start"),
    [("/_own/a/b", "_own"), ("//_own/a", "_own"), ("/", ""), ("", ""), ("/_own", "_own")],
)
def test_the_first_segment(path: str, start: str) -> None:
    assert start_of(path) == start


def test_of_several_rules() -> None:
    assert starts_of(["/a/<x>", "/b", "/a/c"]) == frozenset({"a", "b"})
    assert starts_of(["/a/<x>", "/<path:all>"]) is None
    assert starts_of([]) == frozenset()
