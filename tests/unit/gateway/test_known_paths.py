"""A table of routes is asked for what it may have, and for nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rolo.routing import PortConverter, RegexConverter, Router

from lakestack.services.known_paths import KnownPaths, start_of, starts_of


class Handler:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, _chain: Any, context: Any, _response: Any) -> None:
        self.asked.append(context.request.path)


def ask(handler: Any, *paths: str, host: str = "127.0.0.1:4566") -> None:
    for path in paths:
        handler(None, SimpleNamespace(request=SimpleNamespace(path=path, host=host)), None)


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


def test_a_route_of_a_host_is_looked_for_at_this_host() -> None:
    router: Any = Router(converters={"regex": RegexConverter, "port": PortConverter})
    router.add("/_own/x", lambda _request: None)
    host = "<regex('[a-z]+'):bucket>.s3-website.<regex('.*'):domain><port:port>"
    router.add("/<path:path>", lambda _request, **_: None, host=host)
    handler = Handler()
    known = KnownPaths(handler, router)
    for asked in ("127.0.0.1:4566", "s3.localhost", "A1.s3-website.localhost", "localhost"):
        ask(known, "/bucket/key", host=asked)
    assert handler.asked == []
    for asked in ("a.s3-website.localhost:4566", "a.s3-website.b.c", "A.S3-website.localhost"):
        ask(known, "/bucket/key", host=asked)
    assert handler.asked == ["/bucket/key"] * 3


def test_a_host_that_a_table_refuses_is_left_to_the_table() -> None:
    """Its error is what a client has always got."""
    router: Any = Router()
    router.add("/_own/x", lambda _request: None)
    handler = Handler()
    ask(KnownPaths(handler, router), "/bucket/key", host="a..b")
    ask(KnownPaths(handler, router), "/bucket/key", host="k" * 64 + ".localhost")
    assert handler.asked == ["/bucket/key"] * 2


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
