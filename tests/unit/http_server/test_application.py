"""What a connection asks gives requests and answers as rolo's gateway and werkzeug do."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rolo.gateway import Gateway
from rolo.gateway.wsgi import WsgiGateway
from rolo.response import Response

from lakestack.services.http_server.application import Application
from lakestack.services.http_server.request_head import environment, parse

HEADS = (
    b"GET /b/k%20%C3%A4?versionId=1&x=%20 HTTP/1.1\r\nHost: a:4566\r\nx-Amz: 1\r\nX-aMZ: 2",
    b"PUT //b//k HTTP/1.1\r\nHost: [::1]:80\r\nX: 1\r\nX: 2\r\nContent-Length: 1\r\nDate: a",
    b"get http://h/a%FFb HTTP/1.0",
    b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked",
)


class Asked:
    """A gateway that notes its requests, and gives one answer."""

    def __init__(self, fill: Callable[[Any], None]) -> None:
        self.fill, self.closed = fill, 0
        self.requests: list[Any] = []

    def process(self, request: Any, response: Any) -> None:
        self.requests.append(request)
        response.call_on_close(self._close)
        self.fill(response)

    def _close(self) -> None:
        self.closed += 1


def _ask(made: Callable[[Any], Any], gateway: Asked, head: bytes) -> tuple[Any, ...]:
    found = environment(parse(head), io.BytesIO(b"x"), ("127.0.0.1", 1), ("127.0.0.1", 4566))
    sent = found["lake.headers"]  # which rolo looks for under another name, as bytes
    found["rolo.headers"] = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in sent]
    started: list[Any] = []
    content = made(gateway)(found, lambda *given: started.extend(given))
    body = b"".join(content)
    if close := getattr(content, "close", None):
        close()
    return (*started, body, gateway.closed)


@pytest.mark.parametrize("head", HEADS)
def test_requests(head: bytes) -> None:
    """All that a request says of itself, and its body."""
    ours, theirs = Asked(lambda _: None), Asked(lambda _: None)
    assert _ask(Application, ours, head) == _ask(WsgiGateway, theirs, head)
    for name in (
        *("method", "scheme", "server", "root_path", "path", "query_string", "remote_addr"),
        *("host", "url", "base_url", "full_path", "args", "content_length", "mimetype", "shallow"),
        *("url_root", "is_secure", "data", "content_encoding", "accept_mimetypes", "cookies"),
    ):
        assert getattr(ours.requests[0], name) == getattr(theirs.requests[0], name), name
    assert list(ours.requests[0].headers) == list(theirs.requests[0].headers)
    assert vars(ours.requests[0]).keys() == vars(theirs.requests[0]).keys()
    own = ("wsgi.input", "werkzeug.request")
    same = [
        {k: v for k, v in each.requests[0].environ.items() if k not in own}
        for each in (ours, theirs)
    ]
    assert same[0] == same[1]


def _streamed(response: Any) -> None:
    response.response = (piece for piece in ("a", b"b"))


def _passed(response: Any) -> None:
    response.direct_passthrough = True
    response.response = io.BytesIO(b"abc")


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "fill",
    [
        lambda _: None,
        lambda response: response.set_data(b"abc"),
        lambda response: response.headers.update({"Location": "/ä", "Content-Length": "7"}),
        lambda response: response.headers.set("Content-Location", "/ä"),
        lambda response: response.update_from(Response(b"n", 304, {"ETag": "a", "Expires": "b"})),
        lambda response: response.update_from(Response(b"n", 204, {"Content-Length": "1"})),
        lambda response: response.update_from(Response(["a", b"b"], 404, [("X", "1"), ("X", "2")])),
        lambda response: response.update_from(Response(iter([b"a"]), 206, {"content-length": "1"})),
        lambda response: setattr(response, "automatically_set_content_length", False),
        _streamed,
        _passed,
    ],
)
def test_answers(head: bytes, fill: Callable[[Any], None]) -> None:
    """Status, headers, body, and what happens at its end."""
    assert _ask(Application, Asked(fill), head) == _ask(WsgiGateway, Asked(fill), head)


def test_gateway_is_asked() -> None:
    """A gateway of rolo's."""

    def handle(_chain: Any, _context: Any, response: Any) -> None:
        response.set_data(b"here")

    status, _, body, _ = _ask(
        lambda _: Application(Gateway([handle])), Asked(lambda _: None), HEADS[0]
    )
    assert (status, body) == ("200 OK", b"here")
