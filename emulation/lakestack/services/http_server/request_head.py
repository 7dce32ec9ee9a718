"""The head of a request: its line and headers, read strictly.

RFC 9112, "HTTP/1.1": what two readers could understand in two ways is refused ("Message Body
Length", "Field Syntax"), so that nobody can hide one request within another.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

MAX_HEAD_BYTES = 64 * 1024
"""AWS's limit is 8 KB for headers of S3 and less for others; curl's own is 64 KB a line."""

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~\x80-\xff]+) HTTP/1\.([01])")
_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = re.compile(rb"[0-9]{1,18}")


class BadRequestError(Exception):
    """The request cannot be read; nothing more is read from its connection."""


@dataclass(frozen=True)
class RequestHead:
    """What comes before a body.

    Attributes:
        target: as it was sent, with its query
        headers: names as they were sent, and values
        length: bytes of the body; None: it comes in chunks
        persistent: the client may send another request afterwards
        expects: the client waits for ``100 Continue`` before it sends the body
        upgrade: the protocol that the client asks for instead
    """

    method: str
    target: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    length: int | None
    persistent: bool
    expects: bool
    upgrade: bytes


def parse(head: bytes) -> RequestHead:
    """Read a head, without the empty line that ends it.

    Raises:
        BadRequestError: it is not HTTP/1.0 or 1.1, or can be read in two ways
    """
    line, *lines = head.split(b"\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadRequestError("the request line is not one of HTTP/1.1")
    if not len(lines) == head.count(b"\n") == head.count(b"\r") or b"\0" in head:
        raise BadRequestError("a line of the head has a control character")
    headers: list[tuple[bytes, bytes]] = []
    telling: dict[bytes, bytes] = {}
    for each in lines:
        name, colon, value = each.partition(b":")
        if not colon or not name or name.translate(None, _TOKEN):
            raise BadRequestError("a line of the head is no header")
        value = value.strip(b" \t")
        headers.append((name, value))
        low = name.lower()
        if low in _TELLING:
            if low in _ONCE and low in telling:
                raise BadRequestError(f"{low.decode()} is there twice")
            telling[low] = value
    modern = found[3] == b"1"
    connection = telling.get(b"connection", b"").lower()
    return RequestHead(
        found[1].decode(),
        found[2],
        "HTTP/1.1" if modern else "HTTP/1.0",
        headers,
        _length(telling, modern),
        b"close" not in connection if modern else b"keep-alive" in connection,
        modern and telling.get(b"expect", b"").lower() == b"100-continue",
        telling.get(b"upgrade", b"").lower(),
    )


_ONCE = frozenset({b"content-length", b"transfer-encoding"})
_TELLING = _ONCE | {b"connection", b"expect", b"upgrade"}


def _length(telling: dict[bytes, bytes], modern: bool) -> int | None:
    length, encoding = telling.get(b"content-length"), telling.get(b"transfer-encoding")
    if encoding is not None:
        if length is not None or not modern or encoding.lower() != b"chunked":
            raise BadRequestError(
                "the length of the body is said in two ways, or in an unknown one"
            )
        return None
    if length is None:
        return 0
    if not _LENGTH.fullmatch(length):
        raise BadRequestError("Content-Length is no number")
    return int(length)


def environment(
    head: RequestHead, body: Any, client: tuple[str, int], server: tuple[str, int]
) -> dict[str, Any]:
    """The WSGI environment of a request, with what rolo adds to it.

    Args:
        body: a readable file
        client: address and port
        server: address and port of the connection's other end

    Raises:
        BadRequestError: the target is not UTF-8
    """
    try:
        uri = head.target.decode()
    except UnicodeDecodeError as e:
        raise BadRequestError("the target is not UTF-8") from e
    path, _, query = head.target.partition(b"?")
    absolute = not path.startswith(b"/")  # the form for proxies
    shown = _path_of(path) if absolute else unquote_to_bytes(path).decode("latin-1")
    found: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SCRIPT_NAME": "",
        "PATH_INFO": shown,
        "QUERY_STRING": query.decode("latin-1"),
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": head.version,
        "REQUEST_URI": uri,
        "RAW_URI": uri,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.run_once": False,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.errors": sys.stderr,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "rolo.headers": head.headers,
    }
    for name, value in head.headers:
        text = value.decode("latin-1")
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        found[key] = f"{found[key]},{text}" if key in found else text
    found["CONTENT_TYPE"] = found.get("HTTP_CONTENT_TYPE", "")
    found["CONTENT_LENGTH"] = found.get("HTTP_CONTENT_LENGTH", "")
    host = found.get("HTTP_HOST")
    if host:
        found["SERVER_NAME"] = (
            host.partition("]")[0] + "]" if host[0] == "[" else host.split(":")[0]
        )
    return found


def _path_of(target: bytes) -> str:
    try:
        return urlsplit(target).path.decode()
    except ValueError as e:
        raise BadRequestError("the target is no address") from e
