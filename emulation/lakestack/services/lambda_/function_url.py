"""Requests and answers of function URLs, where LocalStack 4.9.2 leaves out cookies and the address.

AWS Lambda Developer Guide, "Invoking Lambda function URLs": the event has each cookie in
``cookies`` (as well as in the header, as events of AWS show), the client's address, and headers
that stand twice joined by commas. Of an answer ``cookies`` are Set-Cookie headers; one without
``statusCode`` is the body as it is, whatever members it has.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.http import Request, Response

from lakestack import patches


def install() -> None:
    """Put ours around LocalStack's."""
    patches.replace("lambda.url_event", event_of)
    patches.replace("lambda.url_response", response_of)


def event_of(api_id: str, request: Request) -> dict[str, Any]:
    """The event of a request.

    Args:
        api_id: the first part of the URL's host
    """
    event: dict[str, Any] = patches.original("lambda.url_event")(api_id, request)
    address = request.remote_addr or ""
    event["requestContext"]["http"]["sourceIp"] = address
    headers: dict[str, str] = event["headers"]
    for name in headers:
        if len(given := request.headers.getlist(name)) > 1:
            headers[name] = ("; " if name == "cookie" else ",").join(given)
    headers["x-forwarded-for"] = address
    if cookies := _cookies(request):
        event["cookies"] = cookies
    return event


def _cookies(request: Request) -> list[str]:
    lines = request.headers.getlist("cookie")
    return [part.strip() for line in lines for part in line.split(";") if part.strip()]


def response_of(result: Any) -> Response:
    """The HTTP response of what a function has returned."""
    response: Response = patches.original("lambda.url_response")(result)
    found = _returned(result)
    if not isinstance(found, dict):
        return response
    if "statusCode" not in found:
        response.data = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
        for name in found["headers"] if isinstance(found.get("headers"), dict) else ():
            response.headers.remove(name)
        response.headers.setlist("Content-Type", ["application/json"])
        return response
    if "body" not in found:
        response.data = b""
    for cookie in found.get("cookies") or ():
        response.headers.add("Set-Cookie", str(cookie))
    return response


def _returned(result: Any) -> Any:
    """What the function returned; None for a text that is no JSON."""
    try:
        return json.loads(result.payload)
    except ValueError:
        return None
