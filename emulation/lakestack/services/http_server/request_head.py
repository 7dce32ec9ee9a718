"""The head of a request: its line and headers, read strictly.

RFC 9112, "HTTP/1.1": what two readers could understand in two ways is refused ("Message Body
Length", "Field Syntax"), so that nobody can hide one request within another.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

MAX_HEAD_BYTES = 64 * 1024
"""AWS's limit is 8 KB for headers of S3 and less for others; curl's own is 64 KB a line."""

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~\x80-\xff]+) HTTP/1\.([01])")
_HEADER = re.compile(r"\r\n([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*)")
"""A line of the head, with what ends the one before: that there is nothing else is counted."""
_BLANK = (" ", "\t")
_LENGTH = re.compile(r"[0-9]{1,18}")
_LONG_NAME = 64


class BadRequestError(Exception):
    """The request cannot be read; nothing more is read from its connection."""


@dataclass(frozen=True)
class RequestHead:
    """What comes before a body.

    Attributes:
        target: as it was sent, with its query
        headers: names as they were sent, and values, each byte a character (ISO 8859-1)
        length: bytes of the body; None: it comes in chunks
        persistent: the client may send another request afterwards
        expects: the client waits for ``100 Continue`` before it sends the body
        upgrade: the protocol that the client asks for instead
    """

    method: str
    target: bytes
    version: str
    headers: list[tuple[str, str]]
    length: int | None
    persistent: bool
    expects: bool
    upgrade: str


def parse(head: bytes) -> RequestHead:
    """Read a head, without the empty line that ends it.

    Raises:
        BadRequestError: it is not HTTP/1.0 or 1.1, or can be read in two ways
    """
    line, _, _ = head.partition(b"\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadRequestError("the request line is not one of HTTP/1.1")
    count = head.count(b"\r\n")
    if not count == head.count(b"\n") == head.count(b"\r") or b"\0" in head:
        raise BadRequestError("a line of the head has a control character")
    headers = [
        (name, value.rstrip(" \t") if value[-1:] in _BLANK else value)
        for name, value in _HEADER.findall(head.decode("latin-1"))
    ]
    if len(headers) != count:
        raise BadRequestError("a line of the head is no header")
    telling: dict[str, str] = {}
    for name, value in headers:
        low = name.lower()
        if low in _TELLING:
            if low in _ONCE and low in telling:
                raise BadRequestError(f"{low} is there twice")
            telling[low] = value
    modern = found[3] == b"1"
    connection = telling.get("connection", "").lower()
    return RequestHead(
        found[1].decode(),
        found[2],
        "HTTP/1.1" if modern else "HTTP/1.0",
        headers,
        _length(telling, modern),
        "close" not in connection if modern else "keep-alive" in connection,
        modern and telling.get("expect", "").lower() == "100-continue",
        telling.get("upgrade", "").lower(),
    )


_ONCE = frozenset({"content-length", "transfer-encoding"})
_TELLING = _ONCE | {"connection", "expect", "upgrade"}


def _length(telling: dict[str, str], modern: bool) -> int | None:
    length, encoding = telling.get("content-length"), telling.get("transfer-encoding")
    if encoding is not None:
        if length is not None or not modern or encoding.lower() != "chunked":
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
    """The WSGI environment of a request, with its headers as they were sent in ``lake.headers``.

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
        "lake.headers": head.headers,
    }
    for name, value in head.headers:
        key = _variable(name) if len(name) <= _LONG_NAME else _variable.__wrapped__(name)
        found[key] = f"{found[key]},{value}" if key in found else value
    found["CONTENT_TYPE"] = found.get("HTTP_CONTENT_TYPE", "")
    found["CONTENT_LENGTH"] = found.get("HTTP_CONTENT_LENGTH", "")
    host = found.get("HTTP_HOST")
    if host:
        found["SERVER_NAME"] = (
            host.partition("]")[0] + "]" if host[0] == "[" else host.split(":")[0]
        )
    return found


@lru_cache(maxsize=512)
def _variable(name: str) -> str:
    """What WSGI calls a header."""
    return "HTTP_" + name.upper().replace("-", "_")


def _path_of(target: bytes) -> str:
    try:
        return urlsplit(target).path.decode()
    except ValueError as e:
        raise BadRequestError("the target is no address") from e
