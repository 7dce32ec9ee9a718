"""Values out of requests, changed parameters, CORS and OpenAPI."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.apigatewayv2 import cors, mapping
from lakestack.services.apigatewayv2.events import Answer
from tests.unit.apigatewayv2.requests import incoming


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("static", "static"),
        ("$request.header.HEADER2", "value1,value2"),
        ("$request.querystring.parameter1", "value1,value2"),
        ("$request.querystring.Parameter1", None),
        ("$request.path.id", "7"),
        ("$request.path", "/path/to/7"),
        ("$request.body", '{"name": "Hello", "deep": {"list": [1, 2]}}'),
        ("$request.body.name", "Hello"),
        ("$request.body.deep.list", [1, 2]),
        ("$request.body.none", None),
        ("$request.body.(", None),
        ("$stageVariables.stageVariable1", "value1"),
        ("$context.requestId", "request-id"),
        ("$context.none", None),
        ("a ${request.path.id} ${context.stage} ${request.header.none}", "a 7 $default "),
    ],
)
def test_values(expression: str, value: Any) -> None:
    assert mapping.value_of(expression, incoming()) == value


def test_a_request_is_changed() -> None:
    made = mapping.mapped_request(
        incoming(),
        {
            "append:header.header1": "more",
            "overwrite:header.header2": "$request.path.id",
            "remove:header.Cookie": "''",
            "append:querystring.parameter2": "2",
            "remove:querystring.parameter1": "''",
            "overwrite:path": "/other/${request.path.id}",
            "overwrite:header.user-agent": "$request.header.none",
        },
    )
    assert made.header("header1") == "value1,more"
    assert made.header("header2") == "7"
    assert made.header("cookie") is None
    assert made.header("user-agent") == "agent"
    assert made.query == "parameter2=value&parameter2=2"
    assert made.path == "/other/7"


def test_an_answer_is_changed_by_its_status() -> None:
    answer = Answer(500, [("a", "1")], b'{"code": 418}')
    parameters = {
        "500": {"overwrite:statuscode": "$response.body.code", "append:header.b": "$context.stage"},
        "200": {"remove:header.a": "''"},
    }
    made = mapping.mapped_answer(answer, parameters, incoming())
    assert (made.status, made.headers) == (418, [("a", "1"), ("b", "$default")])


@pytest.mark.parametrize(
    "key",
    ["append:body.a", "header.a", "remove:path", "overwrite:header.Authorization", "add:header.a"],
)
def test_what_is_no_mapping(key: str) -> None:
    assert mapping.fault_of({key: "a"}) is not None


def test_what_is_no_mapping_of_answers() -> None:
    assert mapping.fault_of_response({"2xx": {}}) is not None
    assert mapping.fault_of_response({"200": {"overwrite:path": "a"}}) is not None
    assert mapping.fault_of_response({"200": {"overwrite:statuscode": "404"}}) is None


@pytest.mark.parametrize(
    ("allowed", "origin", "found"),
    [
        (["*"], "http://a.example", "*"),
        (["http://a.example"], "http://a.example", "http://a.example"),
        (["http://a.example"], "http://a.example.evil", None),
        (["http://a.example"], "https://a.example", None),
        (["https://*.a.example"], "https://b.a.example", "https://b.a.example"),
        (["https://*.a.example"], "https://a.example.evil", None),
        (["https://*"], "http://a.example", None),
        ([], "http://a.example", None),
        (["http://a.example"], "null", None),
    ],
)
def test_whose_page_may_read(allowed: list[str], origin: str, found: str | None) -> None:
    assert cors.allowed_origin({"AllowOrigins": allowed}, origin) == found


def test_an_integrations_own_cors_headers_are_ignored() -> None:
    answer = Answer(200, [("Access-Control-Allow-Origin", "*"), ("x", "y")])
    request = incoming(headers=[("Origin", "http://evil.example")])
    made = cors.with_headers({"AllowOrigins": ["http://a.example"]}, request, answer)
    assert made.headers == [("x", "y")]
