"""What a function gets, and what is made of its answer.

API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway":
payload format versions 1.0 and 2.0, and the response that each of them takes. Our guess: a body is
text where its Content-Type says so, or where it has none and is UTF-8.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lakestack.services.apigatewayv2.incoming import Incoming

Event = dict[str, Any]
_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "te", "transfer-encoding", "upgrade")
)
_TEXTS = ("application/json", "application/javascript", "application/xml")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
JSON, TEXT = "application/json", "text/plain;charset=utf-8"


class AnswerError(Exception):
    """A function's answer that is no response."""


@dataclass
class Answer:
    """A response of an API."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def message(status: int, text: str) -> Answer:
    """What API Gateway says itself."""
    return Answer(status, [("Content-Type", JSON)], json.dumps({"message": text}).encode())


def version_2(request: Incoming) -> Event:
    """The event of payload format version 2.0."""
    body, encoded = _body(request)
    event: Event = {
        **_common_2(request),
        "version": "2.0",
        "routeKey": request.route_key,
        "body": body,
        "isBase64Encoded": encoded,
    }
    return {name: value for name, value in event.items() if value not in (None, {}, [])}


def authorizer_2(request: Incoming, identities: list[str]) -> Event:
    """The event of payload format version 2.0 for an authorizer's function.

    "Control access to HTTP APIs with AWS Lambda authorizers", "Payload format for API requests".
    """
    return {
        **_common_2(request),
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": request.route_arn,
        "identitySource": identities or None,
        "routeKey": request.route_key,
    }


def version_1(request: Incoming) -> Event:
    """The event of payload format version 1.0."""
    body, encoded = _body(request)
    return {
        **_common_1(request),
        "version": "1.0",
        "body": body,
        "isBase64Encoded": encoded,
    }


def authorizer_1(request: Incoming, identities: list[str]) -> Event:
    """The event of payload format version 1.0 for an authorizer's function."""
    joined = ",".join(identities) or None
    return {
        **_common_1(request),
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": request.route_arn,
        "identitySource": joined,
        "authorizationToken": joined,
    }


def _common_2(request: Incoming) -> Event:
    headers: dict[str, list[str]] = {}
    for name, value in _headers(request):
        headers.setdefault(name.lower(), []).append(value)
    cookies = [c.strip() for each in headers.pop("cookie", []) for c in each.split(";")]
    context: Event = {
        "accountId": request.account,
        "apiId": request.api_id,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source,
            "userAgent": request.agent,
        },
        "requestId": request.request_id,
        "routeKey": request.route_key,
        "stage": request.stage,
        "time": readable(request.time),
        "timeEpoch": int(request.time.timestamp() * 1000),
    }
    if request.authorizer:
        context["authorizer"] = request.authorizer
    return {
        "rawPath": request.path,
        "rawQueryString": request.query,
        "cookies": [cookie for cookie in cookies if cookie],
        "headers": {name: ",".join(values) for name, values in headers.items()},
        "queryStringParameters": {n: ",".join(v) for n, v in request.arguments().items()},
        "requestContext": context,
        "pathParameters": dict(request.parameters),
        "stageVariables": dict(request.variables),
    }


def _common_1(request: Incoming) -> Event:
    headers: dict[str, list[str]] = {}
    for name, value in _headers(request):
        headers.setdefault(name, []).append(value)
    query = request.arguments()
    resource = request.route_key.partition(" ")[2] or request.route_key
    identity = dict.fromkeys(
        (
            *("accessKey", "accountId", "caller", "cognitoAuthenticationProvider"),
            *("cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId"),
            *("principalOrgId", "user", "userArn"),
        )
    )
    given = request.authorizer
    authorizer = given.get("jwt") or given.get("lambda") or {"claims": None, "scopes": None}
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        # The page's example has a header's last value and a parameter's first.
        "queryStringParameters": {name: values[0] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": {
            "accountId": request.account,
            "apiId": request.api_id,
            "authorizer": authorizer,
            "domainName": request.host,
            "domainPrefix": request.host.partition(".")[0],
            "extendedRequestId": request.request_id,
            "httpMethod": request.method,
            "identity": {**identity, "sourceIp": request.source, "userAgent": request.agent},
            "path": request.path,
            "protocol": request.protocol,
            "requestId": request.request_id,
            "requestTime": readable(request.time),
            "requestTimeEpoch": int(request.time.timestamp() * 1000),
            "resourceId": request.route_key,
            "resourcePath": resource,
            "stage": request.stage,
        },
        "pathParameters": dict(request.parameters) or None,
        "stageVariables": dict(request.variables) or None,
    }


def _headers(request: Incoming) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.headers if name.lower() not in _HOP]


def _body(request: Incoming) -> tuple[str | None, bool]:
    """The body, and whether it is in Base64."""
    if not request.body:
        return None, False
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if not kind or kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+json", "+xml")):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def readable(time: datetime) -> str:
    """A time as events have it: ``12/Mar/2020:19:03:58 +0000``, whatever the locale."""
    return f"{time.day:02}/{_MONTHS[time.month - 1]}/{time.year}:{time:%H:%M:%S} +0000"


def response(version: str, payload: bytes) -> Answer:
    """The response that a function's answer stands for.

    Args:
        version: of the payload format
        payload: JSON

    Raises:
        AnswerError: it is none
    """
    try:
        given: Any = json.loads(payload or b"null")
    except ValueError as e:
        raise AnswerError(f"the function's answer is no JSON: {e}") from e
    structured = isinstance(given, dict) and "statusCode" in given
    if not structured:
        if version == "1.0":
            raise AnswerError("the function's answer has no statusCode")
        text = given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))
        return Answer(200, [("Content-Type", JSON)], text.encode())
    headers = _answered_headers(given, version)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", TEXT))
    return Answer(_status(given["statusCode"]), headers, _answered_body(given))


def _status(given: Any) -> int:
    try:
        status = int(given)
    except (TypeError, ValueError) as e:
        raise AnswerError(f"statusCode is {given!r}") from e
    if not 100 <= status <= 599:
        raise AnswerError(f"statusCode is {status}")
    return status


def _answered_headers(given: Event, version: str) -> list[tuple[str, str]]:
    single, several = given.get("headers") or {}, given.get("multiValueHeaders") or {}
    cookies = given.get("cookies") or []
    if not isinstance(single, dict) or not isinstance(several, dict):
        raise AnswerError("headers are no object")
    if version == "1.0":
        cookies = []
        if any(not isinstance(values, list) for values in several.values()):
            raise AnswerError("multiValueHeaders are not lists")
    else:
        several = {}
    if not isinstance(cookies, list):
        raise AnswerError("cookies are no list")
    repeated = {name.lower() for name in several}
    headers = [(name, _header(v)) for name, v in single.items() if name.lower() not in repeated]
    headers += [(name, _header(v)) for name, values in several.items() for v in values]
    return [*headers, *(("Set-Cookie", _header(cookie)) for cookie in cookies)]


def _header(value: Any) -> str:
    if isinstance(value, dict | list):
        raise AnswerError("a header's value is no text")
    text = value if isinstance(value, str) else json.dumps(value)
    if "\r" in text or "\n" in text:
        raise AnswerError("a header's value has a line break")
    return text


def _answered_body(given: Event) -> bytes:
    body = given.get("body")
    if body is None:
        return b""
    if isinstance(body, dict | list):
        raise AnswerError("body is no text")
    text = body if isinstance(body, str) else json.dumps(body)
    if not given.get("isBase64Encoded"):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as e:
        raise AnswerError("body is not in Base64") from e
