"""The body of a request: read whole before the request is looked at, in memory or in a file.

A body that the disk has no space for is read to its end all the same, since a client looks for an
answer only then; the service that asks for it gets the disk's error and says it in its own words.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import tempfile
from typing import IO, Any

from lakestack.services.http_server.request_head import BadRequestError

LOG = logging.getLogger(__name__)

MEMORY_BYTES = 4 << 20
"""A longer body lies in a temporary file."""
READ_BYTES = 1 << 20
_LINE_BYTES = 1024
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")
_MAX_TRAILERS = 100


class Ended(Exception):  # noqa: N818 - no error: clients come and go
    """The client has closed the connection, or has been silent for too long."""


class _Refused(io.RawIOBase):
    """A body that could not be kept."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        """Raises: OSError, the disk's."""
        raise self._error


class _Kept:
    """Takes a body until the disk refuses, and then lets the rest go."""

    def __init__(self, limit: int) -> None:
        self._file: Any = tempfile.SpooledTemporaryFile(limit)  # noqa: SIM115 - `close` does
        self._error: OSError | None = None

    def write(self, part: bytes) -> None:
        if self._error is not None:
            return
        try:
            self._file.write(part)
        except OSError as e:
            self._refused(e)

    def finish(self) -> IO[bytes]:
        """The body at its beginning."""
        if self._error is None:
            try:
                self._file.seek(0)  # what is buffered is written now
            except OSError as e:
                self._refused(e)
        return self._file if self._error is None else io.BufferedReader(_Refused(self._error))

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it tries to write what is buffered once more
            self._file.close()

    def _refused(self, error: OSError) -> None:
        LOG.error("a request's body cannot be kept in %s: %s", tempfile.gettempdir(), error)
        self._error = error
        self.close()


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

    def copy(self, size: int, into: Any) -> None:
        """Move as many bytes into a file, or what writes like one.

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
    """Read a body; returns a file at its beginning, which raises OSError if the disk was full.

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
    body = _Kept(limit)
    try:
        if length is not None:
            incoming.copy(length, body)
        else:
            _chunks(incoming, body)
    except BaseException:
        body.close()
        raise
    return body.finish()


def _chunks(incoming: Incoming, body: _Kept) -> None:
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
