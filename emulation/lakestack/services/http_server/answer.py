"""An answer: head and body written together, a long body piece by piece, without copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.utils import formatdate
from functools import lru_cache
from itertools import chain
from typing import Any

from lakestack import clock
from lakestack.services.http_server.request_head import RequestHead

SERVER = b"lakestack"
_JOINED_BYTES = 64 * 1024
"""A shorter piece is copied behind the head: one system call is cheaper than two."""
CHUNKED = ("Transfer-Encoding", "chunked")
_OURS = frozenset({"server", "date", "connection", "transfer-encoding", "keep-alive"})


def send(
    connection: Any,
    head: RequestHead,
    status: str,
    headers: list[tuple[str, str]],
    first: bytes,
    others: Iterator[bytes],
) -> bool:
    """Write an answer; returns whether the connection can take another request.

    Args:
        head: of the request
        status: code and reason
        first: the body's first piece, empty if there is none

    Raises:
        OSError: the client is gone
        Exception: whatever `others` raises: then the answer is cut off
    """
    names = {name.lower(): value for name, value in headers}
    bodyless = head.method == "HEAD" or status[:3] in ("204", "304")
    measured = bodyless or "content-length" in names
    persistent = head.persistent and "close" not in names.get("connection", "").lower()
    if bodyless:
        first, others = b"", iter(())
    elif not measured and not first:  # nothing comes: no chunks are needed to say so
        headers = [*headers, ("Content-Length", "0")]
    elif not measured and head.version == "HTTP/1.0":
        persistent = False  # the end of the connection is the end of the body
    elif not measured:
        others = _in_chunks(chain((first,), others))
        headers, first = [*headers, CHUNKED], next(others)
    start = _head(status, headers, head.version, persistent)
    if len(first) <= _JOINED_BYTES:
        connection.sendall(start + first)
    else:
        connection.sendall(start)
        connection.sendall(first)
    size = len(first)
    for piece in others:
        connection.sendall(piece)
        size += len(piece)
    # A body that is shorter or longer than was said would be taken for the next answer.
    said = None if bodyless else names.get("content-length")
    return persistent and said in (None, str(size))


def _head(status: str, headers: list[tuple[str, str]], version: str, persistent: bool) -> bytes:
    lines = [f"HTTP/1.1 {status}"]
    lines += [
        f"{header[0]}: {header[1]}"
        for header in headers
        if header is CHUNKED or header[0].lower() not in _OURS
    ]
    if not persistent:
        lines.append("Connection: close")
    elif version == "HTTP/1.0":
        lines.append("Connection: keep-alive")
    return b"%b\r\nServer: %b\r\nDate: %b\r\n\r\n" % (
        "\r\n".join(lines).encode("latin-1"),
        SERVER,
        _date(int(clock.moment().wall)),
    )


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    """RFC 9110, "Date"."""
    return formatdate(second, usegmt=True).encode()


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
