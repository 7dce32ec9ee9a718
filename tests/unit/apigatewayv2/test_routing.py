"""Which route takes a request: the examples of AWS's page and what they leave out."""

from __future__ import annotations

import pytest

from lakestack.services.apigatewayv2.routing import choose, read_key

PAGE = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default")


def chosen(keys: tuple[str, ...], method: str, path: str) -> tuple[str, dict[str, str]] | None:
    for order in (keys, keys[::-1]):  # not the order in which they were made
        found = choose([{"RouteKey": key} for key in order], method, path)
    return (found.route["RouteKey"], found.parameters) if found else None


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST", "/test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("GET", "/", "$default", {}),
        ("POST", "/pets/dog/1", "ANY /{proxy+}", {"proxy": "pets/dog/1"}),
    ],
)
def test_the_examples_of_the_page(
    method: str, path: str, key: str, parameters: dict[str, str]
) -> None:
    assert chosen(PAGE, method, path) == (key, parameters)


@pytest.mark.parametrize(
    ("keys", "method", "path", "key"),
    [
        (("ANY /pets", "GET /pets"), "GET", "/pets", "GET /pets"),
        (("ANY /pets", "GET /{proxy+}"), "GET", "/pets", "ANY /pets"),
        (("GET /{a}/b", "GET /a/{b}"), "GET", "/a/b", "GET /a/{b}"),
        (("GET /a b",), "GET", "/a%20b", "GET /a b"),
    ],
)
def test_what_wins(keys: tuple[str, ...], method: str, path: str, key: str) -> None:
    found = chosen(keys, method, path)
    assert found is not None
    assert found[0] == key


@pytest.mark.parametrize(
    ("key", "method", "path"),
    [
        ("GET /pets", "POST", "/pets"),
        ("GET /pets", "HEAD", "/pets"),
        ("GET /pets", "GET", "/pets/"),
        ("GET /pets/{id}", "GET", "/pets/"),
        ("GET /pets/{proxy+}", "GET", "/pets"),
        ("GET /pets/{id}", "GET", "/pets/1/2"),
        ("GET /Pets", "GET", "/pets"),
    ],
)
def test_what_no_route_takes(key: str, method: str, path: str) -> None:
    assert chosen((key,), method, path) is None


def test_a_value_is_decoded_and_a_slash_in_it_parts_nothing() -> None:
    assert chosen(("GET /pets/{id}",), "GET", "/pets/a%2Fb%20c") == (
        "GET /pets/{id}",
        {"id": "a/b c"},
    )


@pytest.mark.parametrize(
    "key",
    [
        *("", "GET", "GET pets", "FETCH /pets", "get /pets", "GET /{a+}/b", "GET /{a}/{a}"),
        *("GET /a{b}", "GET /{a", "GET /{}", "GET //a", "$other", "GET  /a", "GET /{a+b}"),
    ],
)
def test_what_is_no_route_key(key: str) -> None:
    assert read_key(key) is None
