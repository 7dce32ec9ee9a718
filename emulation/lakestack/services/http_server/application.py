"""The gateway as what a connection asks: WSGI, without what its results do not depend on.

rolo's `WsgiGateway` makes a request's headers three times, and werkzeug copies an answer's headers
to look for those that it may have to change. The requests and answers are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rolo.gateway import Gateway
from werkzeug._internal import _wsgi_decoding_dance
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request
from werkzeug.wrappers.request import _get_server

from lakestack.services.http_server.fields import Fields
from lakestack.services.http_server.fresh_response import fresh_response

_LOOKED_AT = ("location", "content-location")
"""Headers of an answer that werkzeug writes in another way."""


class PlainRequest(Request):
    """A request, made without the headers that stand in its environment as variables."""

    def __init__(self, environ: dict[str, Any], headers: Fields) -> None:
        # As werkzeug's own, which makes headers that rolo replaces at once.
        self.method = environ["REQUEST_METHOD"].upper()
        self.scheme = environ["wsgi.url_scheme"]
        self.server = _get_server(environ)
        self.root_path = ""
        self.path = "/" + _wsgi_decoding_dance(environ["PATH_INFO"]).lstrip("/")
        self.query_string = environ["QUERY_STRING"].encode("latin-1")
        self.headers = headers
        self.remote_addr = environ.get("REMOTE_ADDR")
        self.environ = environ
        self.shallow = False
        environ["werkzeug.request"] = self


class Application:
    """Asks a gateway, for each request of a connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """WSGI, of an environment of `request_head.environment`."""
        request = PlainRequest(environ, fields(environ["lake.headers"]))
        response = fresh_response()
        self._gateway.process(request, response)
        return answer(response, environ, start_response)


def fields(sent: list[tuple[str, str]]) -> Fields:
    """The headers of a request; those whose names are the same stand together, as with rolo."""
    made = Fields()
    if len(dict(sent)) == len(sent):
        made._list = list(sent)
    else:
        made.extend(MultiDict(sent))
    return made


def answer(
    response: Any, environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """What `werkzeug.Response.__call__` does, without a copy of headers that stay as they are."""
    status, headers = response.status_code, response.headers
    changed = status < 200 or status in (204, 304) or any(name in headers for name in _LOOKED_AT)
    if changed or response.direct_passthrough:
        answered: Iterable[bytes] = response(environ, start_response)
        return answered
    listed = list(headers)
    content: Iterable[bytes] = response.iter_encoded()
    if response.is_sequence:
        whole = b"".join(content)
        content = (whole,)
        if response.automatically_set_content_length and "content-length" not in headers:
            listed.append(("Content-Length", str(len(whole))))
    start_response(response.status, listed)
    return _Body(() if environ["REQUEST_METHOD"] == "HEAD" else content, response.close)


class _Body:
    """The pieces of a body, and what happens at its end."""

    def __init__(self, pieces: Iterable[bytes], close: Callable[[], None]) -> None:
        self._pieces, self.close = pieces, close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)
