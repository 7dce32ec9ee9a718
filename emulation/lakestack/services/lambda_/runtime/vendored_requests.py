"""``botocore.vendored.requests`` for functions of its time; today's botocore keeps its errors only.

What such functions use of requests: one call, its answer, its errors. It takes the package's place
(see bootstrap.py), on top of the urllib3 that is there for boto3.
"""

from __future__ import annotations

import functools
import json as _json
from collections.abc import Mapping
from email.message import Message
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urljoin

from botocore.vendored.requests import exceptions
from botocore.vendored.requests.exceptions import (  # noqa: F401 - some are for the function
    ConnectionError,  # noqa: A004 - its name in requests
    HTTPError,
    RequestException,
    Timeout,
    TooManyRedirects,
    URLRequired,
)

MAX_REDIRECTS = 30
codes = SimpleNamespace(**{s.name.lower(): s.value for s in HTTPStatus})


class Response:
    """The answer to a request, read to its end."""

    def __init__(self, url: str, answer: Any) -> None:
        self.url = urljoin(url, answer.geturl() or "")
        self.status_code: int = answer.status
        self.reason: str = answer.reason
        self.headers: Mapping[str, str] = answer.headers
        self.content: bytes = answer.data
        kind = Message()
        kind["Content-Type"] = self.headers.get("Content-Type", "")
        self.encoding = kind.get_content_charset() or "utf-8"

    @property
    def text(self) -> str:
        return self.content.decode(self.encoding, "replace")

    @property
    def ok(self) -> bool:
        return self.status_code < HTTPStatus.BAD_REQUEST

    def json(self, **settings: Any) -> Any:
        return _json.loads(self.text, **settings)

    def raise_for_status(self) -> None:
        if not self.ok:
            side = "Client" if self.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else "Server"
            raise HTTPError(
                f"{self.status_code} {side} Error: {self.reason} for url: {self.url}", response=self
            )

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


def request(
    method: str,
    url: str,
    params: Any = None,
    data: Any = None,
    headers: Mapping[str, Any] | None = None,
    *,
    json: Any = None,
    auth: tuple[str, str] | None = None,
    timeout: Any = None,
    allow_redirects: bool = True,
    verify: Any = True,  # noqa: ARG001 - a connection to the emulator has no certificate
    stream: bool = False,  # noqa: ARG001 - everything is read at once
) -> Response:
    """Send a request and read the answer.

    Raises:
        RequestException: there is none
    """
    import urllib3  # not before: botocore imports this module while it is itself imported

    if "://" not in url:
        raise exceptions.MissingSchema(f"Invalid URL {url!r}: No schema supplied.")
    sent = {name: str(value) for name, value in (headers or {}).items()}
    if json is not None and not data:
        data = _json.dumps(json)
        sent = {"Content-Type": "application/json", **sent}
    elif isinstance(data, Mapping | list):
        data = urlencode(_pairs(data), doseq=True)
        sent = {"Content-Type": "application/x-www-form-urlencoded", **sent}
    if auth:
        sent.update(urllib3.make_headers(basic_auth=":".join(auth)))
    if params:
        query = params if isinstance(params, str) else urlencode(_pairs(params), doseq=True)
        url += ("&" if "?" in url else "?") + query
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                method.upper(),
                url,
                body=data.encode() if isinstance(data, str) else data,
                headers=sent,
                redirect=allow_redirects,
                retries=urllib3.Retry(connect=0, read=0, other=0, redirect=MAX_REDIRECTS),
                timeout=urllib3.Timeout(connect=connect, read=read),
            )
            return Response(url, answer)
    except urllib3.exceptions.HTTPError as e:
        raise _error(e, urllib3.exceptions) from e


def _pairs(given: Any) -> list[tuple[str, Any]]:
    pairs = given.items() if isinstance(given, Mapping) else given
    return [(name, value) for name, value in pairs if value is not None]


def _error(e: Exception, kinds: Any) -> RequestException:
    cause = getattr(e, "reason", None) or e
    if isinstance(cause, kinds.LocationValueError):
        return exceptions.InvalidURL(str(e))
    if isinstance(cause, kinds.ReadTimeoutError):
        return exceptions.ReadTimeout(str(e))
    if isinstance(cause, kinds.TimeoutError) and not isinstance(cause, kinds.NewConnectionError):
        return exceptions.ConnectTimeout(str(e))
    return (TooManyRedirects if cause == "too many redirects" else ConnectionError)(str(e))


get = functools.partial(request, "GET")
options = functools.partial(request, "OPTIONS")
head = functools.partial(request, "HEAD", allow_redirects=False)
patch = functools.partial(request, "PATCH")
delete = functools.partial(request, "DELETE")


def post(url: str, data: Any = None, json: Any = None, **settings: Any) -> Response:
    """Send a POST request."""
    return request("POST", url, data=data, json=json, **settings)


def put(url: str, data: Any = None, **settings: Any) -> Response:
    """Send a PUT request."""
    return request("PUT", url, data=data, **settings)
