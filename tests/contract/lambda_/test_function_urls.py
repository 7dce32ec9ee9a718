"""Function URLs: what a function sees of a request, and what a client of its answer.

AWS Lambda Developer Guide, "Invoking Lambda function URLs"; answers as LocalStack's tests recorded
them on AWS (TestLambdaURL).
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.lambda_.helpers import Aws, create

ECHO = """
import json
def handler(event, context):
    asked = json.loads(event.get("body") or "null")
    return asked["answer"] if asked else event
"""


@pytest.fixture(scope="module")
def url(aws: Aws) -> Iterator[str]:
    """URL of a function that answers with its event, or with what it is given as ``answer``."""
    from tests.support import unique

    name = unique("url")
    create(aws, name, ECHO)
    made = aws("lambda").create_function_url_config(FunctionName=name, AuthType="NONE")
    yield made["FunctionUrl"]
    aws("lambda").delete_function(FunctionName=name)


def ask(
    url: str, emulator: str, body: str | None = None, headers: list[tuple[str, str]] | None = None
) -> http.client.HTTPResponse:
    """Send a request to the emulator by the URL's host; the answer."""
    connection = http.client.HTTPConnection(urlsplit(emulator).netloc, timeout=60)
    connection.putrequest("POST" if body else "GET", "/a%20b?x=1&x=2", skip_host=True)
    connection.putheader("Host", urlsplit(url).netloc)
    connection.putheader("Content-Length", str(len(body or "")))
    for name, value in headers or []:
        connection.putheader(name, value)
    connection.endheaders((body or "").encode() or None)
    return connection.getresponse()


def answered(url: str, emulator: str, answer: Any) -> tuple[int, str, str | None]:
    """Status, body and type of the HTTP answer to what a function returns."""
    found = ask(url, emulator, json.dumps({"answer": answer}), [("Content-Type", "text/json")])
    return found.status, found.read().decode(), found.headers["Content-Type"]


def test_a_function_sees_cookies_and_the_address(url: str, emulator: str) -> None:
    headers = [("Cookie", "a=1; b=2"), ("X-Two", "one"), ("X-Two", "two")]
    event = json.loads(ask(url, emulator, headers=headers).read())
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["cookie"] == "a=1; b=2"
    assert event["headers"]["x-two"] == "one,two"
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert "cookies" not in json.loads(ask(url, emulator).read())


def test_a_client_gets_cookies(url: str, emulator: str) -> None:
    answer = {"statusCode": 201, "body": "ok", "cookies": ["a=1; Secure", "b=2"]}
    found = ask(
        url, emulator, json.dumps({"answer": answer}), [("Content-Type", "application/json")]
    )
    assert (found.status, found.read()) == (201, b"ok")
    assert found.headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]


def test_headers_without_a_status_are_a_part_of_the_body(url: str, emulator: str) -> None:
    answer = {"headers": {"X-Mine": "1", "Content-Type": "text/plain"}}
    found = ask(url, emulator, json.dumps({"answer": answer}), [("Content-Type", "text/json")])
    assert json.loads(found.read()) == answer
    assert (found.headers["X-Mine"], found.headers["Content-Type"]) == (None, "application/json")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ({"hello": "world"}, '{"hello":"world"}'),
        ({"statusCode": 200, "body": "body123"}, "body123"),
        ({"statusCode": 200, "body": '{"hello": "world"}'}, '{"hello": "world"}'),
        (["hello", 3, True], '["hello",3,true]'),
        ("hello", "hello"),
        (3, "3"),
        (3.1, "3.1"),
        (True, "true"),
        ({"body": "x", "more": 1}, '{"body":"x","more":1}'),
        ({"statusCode": 200}, ""),
    ],
)
def test_what_a_function_returns_is_the_body(
    url: str, emulator: str, answer: Any, body: str
) -> None:
    assert answered(url, emulator, answer) == (200, body, "application/json")
