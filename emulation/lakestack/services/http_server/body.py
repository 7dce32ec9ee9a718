"""The body of a request: read whole before the request is looked at, in memory or in a file."""

from __future__ import annotations

import io
import re
import tempfile
from typing import IO, Any

from lakestack.services.http_server.request_head import BadRequestError

MEMORY_BYTES = 4 << 20
"""A longer body lies in a temporary file."""
READ_BYTES = 1 << 20
_LINE_BYTES = 1024
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")
_MAX_TRAILERS = 100


class Ended(Exception):  # noqa: N818 - no error: clients come and go
    """The client has closed the connection, or has been silent for too long."""


class Incoming:
    """Buffered reading from a connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.buffer = b""

    def more(self, size: int = 1 << 16) -> None:
        """Wait for bytes, and add them to the buffer.

        Raises:
            Ended: there are none
        """
        try:
            data = self._connection.recv(size)
        except OSError as e:  # also BlockingIOError: nothing came within the time
            raise Ended from e
        if not data:
            raise Ended
        self.buffer = self.buffer + data if self.buffer else data

    def until(self, mark: bytes, limit: int) -> bytes:
        """Read up to a mark, which is taken off.

        Raises:
            BadRequestError: more than `limit` bytes came without it
            Ended: the connection ended before
        """
        searched = 0
        while (at := self.buffer.find(mark, searched)) < 0:
            if len(self.buffer) >= limit + len(mark):
                raise BadRequestError(f"more than {limit} bytes without an end")
            searched = max(0, len(self.buffer) - len(mark) + 1)
            self.more()
        if at > limit:
            raise BadRequestError(f"more than {limit} bytes")
        found, self.buffer = self.buffer[:at], self.buffer[at + len(mark) :]
        return found

    def copy(self, size: int, into: IO[bytes]) -> None:
        """Move as many bytes into a file.

        Raises:
            Ended: the connection ended before
        """
        while size:
            if not self.buffer:
                self.more(min(size, READ_BYTES))
            if len(self.buffer) <= size:
                part, self.buffer = self.buffer, b""
            else:
                part, self.buffer = self.buffer[:size], self.buffer[size:]
            into.write(part)
            size -= len(part)


def read(incoming: Incoming, length: int | None) -> IO[bytes]:
    """Read a body; returns a file at its beginning.

    Args:
        length: bytes; None: it comes in chunks

    Raises:
        BadRequestError: chunks that are none
        Ended: the connection ended before
    """
    if length is not None and len(incoming.buffer) >= length:
        found, incoming.buffer = incoming.buffer[:length], incoming.buffer[length:]
        return io.BytesIO(found)
    limit = MEMORY_BYTES if length is None or length <= MEMORY_BYTES else 1
    body: Any = tempfile.SpooledTemporaryFile(limit)  # noqa: SIM115 - the caller closes it
    try:
        if length is not None:
            incoming.copy(length, body)
        else:
            _chunks(incoming, body)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body  # type: ignore[no-any-return]


def _chunks(incoming: Incoming, body: IO[bytes]) -> None:
    """RFC 9112, "Chunked Transfer Coding"; trailers are read and left out."""
    while True:
        found = _SIZE.fullmatch(incoming.until(b"\r\n", _LINE_BYTES))
        if found is None:
            raise BadRequestError("a chunk has no size")
        size = int(found[1], 16)
        if not size:
            break
        incoming.copy(size, body)
        if incoming.until(b"\r\n", 0):
            raise BadRequestError("a chunk is longer than its size")
    for _ in range(_MAX_TRAILERS):
        if not incoming.until(b"\r\n", 8 * _LINE_BYTES):
            return
    raise BadRequestError("too many trailers")
