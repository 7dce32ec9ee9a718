"""The request to an API destination.

Amazon EventBridge User Guide, "API destinations as targets in Amazon EventBridge": headers, error
codes and their retries, the five seconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lakestack.services import local_endpoint
from lakestack.services.api_destinations import connection
from lakestack.services.api_destinations.connection import with_query
from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.api_destinations.pace import DEFAULT_RATE, PACE
from lakestack.services.base import client
from lakestack.services.local_endpoint import Answer, UnreachableError

ANSWER_SECONDS, MAX_ANSWER_BYTES = 5.0, 1024 * 1024
_RETRIED = (401, 407, 409, 429)
_DEFAULT_HEADERS = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Content-Type": "application/json; charset=utf-8",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
    "Connection": "close",
}
_FIXED_HEADERS = frozenset(
    (
        *("a-im", "accept-charset", "accept-datetime", "accept-encoding", "cache-control"),
        *("connection", "content-encoding", "content-length", "content-md5", "date"),
        *("expect", "forwarded", "from", "host", "http2-settings"),
        *("if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"),
        *("max-forwards", "origin", "pragma", "proxy-authorization", "range"),
        *("referer", "te", "trailer", "transfer-encoding", "user-agent"),
        *("upgrade", "via", "warning"),
    )
)
"""Headers that neither a connection nor a target can set."""


@dataclass(frozen=True)
class HttpParameters:
    """HttpParameters of a rule's or a pipe's target."""

    path: Sequence[str] = ()
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


def invoke(arn: str, document: str, parameters: HttpParameters) -> bytes:
    """Send a JSON document to a destination.

    Args:
        arn: the destination's

    Returns:
        the body of its answer

    Raises:
        TargetError: any answer but 2xx, none within five seconds, or an endpoint elsewhere
        ClientError: the destination, its connection or its secret are not there
    """
    region, account, resource = arn.split(":", 5)[3:6]
    events = client(account, region, "events")
    found = events.describe_api_destination(Name=resource.split("/")[1])
    parts = connection.parts_of(found["ConnectionArn"])
    url = with_query(
        path_filled(found["InvocationEndpoint"], parameters.path),
        {**parameters.query, **parts.query},
    )
    headers = merged_headers(parameters.headers, parts.headers)
    body = with_body(document, parts.body).encode()
    PACE.wait(arn, int(found.get("InvocationRateLimitPerSecond") or DEFAULT_RATE))
    try:
        answer = local_endpoint.ask(
            *(found["HttpMethod"], url, body, headers),
            seconds=ANSWER_SECONDS,
            most=MAX_ANSWER_BYTES,
        )
    except UnreachableError as e:
        code = "TIMEOUT" if e.late else "CONNECTION_FAILURE"
        elsewhere = local_endpoint.fault_of(url) is not None
        raise TargetError(code, str(e), retried=not elsewhere) from e
    if not 200 <= answer.status < 300:
        raise refused(answer)
    return answer.body


def path_filled(endpoint: str, values: Sequence[str]) -> str:
    """An endpoint whose ``*`` are replaced by values; what is left of them follows the path.

    That more values than asterisks follow is our guess.
    """
    path, mark, query = endpoint.partition("?")
    rest = [quote(str(value), safe="") for value in values]
    while rest and "*" in path:
        path = path.replace("*", rest.pop(0), 1)
    if rest:
        path = "/".join([path.rstrip("/"), *rest])
    return path + mark + query


def merged_headers(target: dict[str, str], connected: dict[str, str]) -> dict[str, str]:
    """All headers: a connection's win over a target's, and both over `_DEFAULT_HEADERS`.

    Names differ in case only.
    """
    found = {name.lower(): (name, value) for name, value in _DEFAULT_HEADERS.items()}
    for given in (target, connected):
        for name, value in given.items():
            if name.lower() not in _FIXED_HEADERS:
                found[name.lower()] = (name, value)
    return dict(found.values())


def with_body(document: str, more: dict[str, str]) -> str:
    """A document with the connection's members, where it is an object."""
    if not more:
        return document
    read: Any = json.loads(document)
    return json.dumps({**read, **more}) if isinstance(read, dict) else document


def refused(answer: Answer) -> TargetError:
    """The error of an answer that is none of success."""
    text = answer.body[:500].decode(errors="replace")
    message = f"the endpoint has answered {answer.status}: {text}"
    asked = answer.headers.get("retry-after", "")
    return TargetError(
        "THROTTLING" if answer.status == 429 else "ERROR_FROM_TARGET",
        message,
        retried=answer.status in _RETRIED or answer.status >= 500,
        pause=float(asked) if asked.isdecimal() else None,
    )
