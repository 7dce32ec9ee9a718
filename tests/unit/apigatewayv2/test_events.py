"""Events of payload formats 1.0 and 2.0, and the responses that are made of answers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lakestack.services.apigatewayv2 import events
from lakestack.services.apigatewayv2.events import AnswerError
from tests.unit.apigatewayv2.requests import incoming


def test_the_event_of_version_2() -> None:
    assert events.version_2(incoming()) == {
        "version": "2.0",
        "routeKey": "POST /path/to/{id}",
        "rawPath": "/path/to/7",
        "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies": ["cookie1", "cookie2"],
        "headers": {
            "header1": "value1",
            "header2": "value1,value2",
            "user-agent": "agent",
            "content-type": "application/json",
        },
        "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {
                "method": "POST",
                "path": "/path/to/7",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "agent",
            },
            "requestId": "request-id",
            "routeKey": "POST /path/to/{id}",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1584039838390,
        },
        "body": '{"name": "Hello", "deep": {"list": [1, 2]}}',
        "pathParameters": {"id": "7"},
        "isBase64Encoded": False,
        "stageVariables": {"stageVariable1": "value1"},
    }


def test_version_2_leaves_out_what_is_not_there() -> None:
    event = events.version_2(incoming(headers=[], query="", body=b"", parameters={}, variables={}))
    assert not {"cookies", "queryStringParameters", "body", "pathParameters"} & set(event)
    assert "stageVariables" not in event
    assert event["rawQueryString"] == ""
    assert event["isBase64Encoded"] is False


def test_the_event_of_version_1() -> None:
    event = events.version_1(incoming(stage="dev", path="/dev/path/to/7"))
    context = event.pop("requestContext")
    assert event == {
        "version": "1.0",
        "resource": "/path/to/{id}",
        "path": "/dev/path/to/7",
        "httpMethod": "POST",
        "headers": {
            "Header1": "value1",
            "Header2": "value2",
            "Cookie": "cookie1; cookie2",
            "User-Agent": "agent",
            "Content-Type": "application/json",
        },
        "multiValueHeaders": {
            "Header1": ["value1"],
            "Header2": ["value1", "value2"],
            "Cookie": ["cookie1; cookie2"],
            "User-Agent": ["agent"],
            "Content-Type": ["application/json"],
        },
        "queryStringParameters": {"parameter1": "value1", "parameter2": "value"},
        "multiValueQueryStringParameters": {
            "parameter1": ["value1", "value2"],
            "parameter2": ["value"],
        },
        "pathParameters": {"id": "7"},
        "stageVariables": {"stageVariable1": "value1"},
        "body": '{"name": "Hello", "deep": {"list": [1, 2]}}',
        "isBase64Encoded": False,
    }
    assert context["resourcePath"] == "/path/to/{id}"
    assert context["authorizer"] == {"claims": None, "scopes": None}
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["requestTimeEpoch"] == 1584039838390


def test_version_1_has_null_for_what_is_not_there() -> None:
    event = events.version_1(
        incoming(query="", body=b"", parameters={}, variables={}, route_key="$default")
    )
    for name in ("queryStringParameters", "pathParameters", "stageVariables", "body"):
        assert event[name] is None
    assert event["resource"] == "$default"


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/json", b"{}", False),
        ("text/csv; charset=utf-8", b"a,b", False),
        ("application/problem+json", b"{}", False),
        (None, "größe".encode(), False),
        (None, b"\xff\x00", True),
        ("text/plain", b"\xff", True),
        ("application/octet-stream", b"abc", True),
        ("application/x-www-form-urlencoded", b"a=b", True),
    ],
)
def test_a_body_is_text_or_in_base64(kind: str | None, body: bytes, encoded: bool) -> None:
    headers = [("content-type", kind)] if kind else []
    event = events.version_2(incoming(headers=headers, body=body))
    assert event["isBase64Encoded"] is encoded
    text = event["body"]
    assert (base64.b64decode(text) if encoded else text.encode()) == body


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({"message": "Hello"}, b'{"message":"Hello"}'),
        ("Hello from Lambda!", b"Hello from Lambda!"),
        ([1, 2], b"[1,2]"),
        (None, b"null"),
    ],
)
def test_version_2_infers_a_response(given: Any, body: bytes) -> None:
    found = events.response("2.0", json.dumps(given).encode())
    assert (found.status, found.headers, found.body) == (
        200,
        [("Content-Type", "application/json")],
        body,
    )


def test_a_response_with_all_its_parts() -> None:
    given = {
        "statusCode": "201",
        "headers": {"content-type": "image/png", "x-a": 1},
        "cookies": ["a=1; Secure", "b=2"],
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
    }
    found = events.response("2.0", json.dumps(given).encode())
    assert (found.status, found.body) == (201, b"\x89PNG")
    assert found.headers == [
        ("content-type", "image/png"),
        ("x-a", "1"),
        ("Set-Cookie", "a=1; Secure"),
        ("Set-Cookie", "b=2"),
    ]


def test_version_1_has_headers_with_several_values_and_no_cookies() -> None:
    given = {
        "statusCode": 200,
        "headers": {"X-A": "single"},
        "multiValueHeaders": {"x-a": ["1", "2"]},
        "cookies": ["a=1"],
    }
    found = events.response("1.0", json.dumps(given).encode())
    assert found.headers == [("x-a", "1"), ("x-a", "2"), ("Content-Type", events.TEXT)]


@pytest.mark.parametrize(
    ("version", "given"),
    [
        ("1.0", {"body": "no status"}),
        ("1.0", "text"),
        ("2.0", {"statusCode": "two"}),
        ("2.0", {"statusCode": 700}),
        ("2.0", {"statusCode": 200, "body": {"an": "object"}}),
        ("2.0", {"statusCode": 200, "headers": ["x"]}),
        ("2.0", {"statusCode": 200, "headers": {"x": "a\r\nSet-Cookie: b"}}),
        ("2.0", {"statusCode": 200, "cookies": "a=1"}),
        ("2.0", {"statusCode": 200, "body": "%", "isBase64Encoded": True}),
        ("1.0", {"statusCode": 200, "multiValueHeaders": {"a": "b"}}),
    ],
)
def test_what_is_no_response(version: str, given: Any) -> None:
    with pytest.raises(AnswerError):
        events.response(version, json.dumps(given).encode())
