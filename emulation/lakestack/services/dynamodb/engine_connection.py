"""Kept connections to DynamoDB's engine: a request's bytes there, the answer's bytes back.

Nothing is parsed but what HTTP needs; http.client and requests take several times the CPU that the
gateway has for a whole request.
"""

from __future__ import annotations

import re
import select
import socket
import threading
from dataclasses import dataclass

from lakestack.confinement.network import LOOPBACK

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""A page of a scan, at most 1 MB, takes well under a second."""
MOST_KEPT = 64
RECEIVE = 1 << 18

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_LAST = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """What the engine said.

    Attributes:
        status: of HTTP
        body: JSON
    """

    status: int
    body: bytes


class EngineConnections:
    """Connections to one port. All methods are safe to call from several threads.

    Args:
        port: on loopback
        patience: seconds in which an answer has to go on
    """

    def __init__(self, port: int, patience: float = ANSWER_SECONDS) -> None:
        self.port, self._patience = port, patience
        self._idle: list[socket.socket] = []
        self._lock = threading.Lock()

    def ask(self, operation: str, access_key: str, region: str, body: bytes) -> Answer:
        """Do one operation.

        Args:
            access_key: names the database (`lakestack.services.dynamodb.access`)
            body: JSON, as it goes over the wire

        Raises:
            TimeoutError: the engine says nothing for as long as is waited
            OSError: it is away, breaks off or does not speak HTTP; it may have done the operation
        """
        connection = self._take()
        head = (
            f"POST / HTTP/1.1\r\nHost: {LOOPBACK}:{self.port}\r\n"
            f"X-Amz-Target: DynamoDB_20120810.{operation}\r\n"
            "Content-Type: application/x-amz-json-1.0\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={access_key}/20200101/{region}/dynamodb/"
            "aws4_request, SignedHeaders=host, Signature=0\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            connection.sendall(head.encode("latin-1") + body)
            answer, stays = _read(connection)
        except BaseException:
            connection.close()
            raise
        if stays:
            self._give_back(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close all that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> socket.socket:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            if not _readable(connection):  # it would be by its end: the engine closes idle ones
                return connection
            connection.close()
        connection = socket.create_connection((LOOPBACK, self.port), CONNECT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self._patience)
        return connection

    def _give_back(self, connection: socket.socket) -> None:
        with self._lock:
            if len(self._idle) < MOST_KEPT:
                self._idle.append(connection)
                return
        connection.close()


def _readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _read(connection: socket.socket) -> tuple[Answer, bool]:
    """One answer, and whether the connection stays (RFC 9112, "Message Body Length")."""
    data = _more(connection)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = data[: end + 2]
    found = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 ") or found is None:
        raise ConnectionError(f"no answer of DynamoDB Local: {head[:200]!r}")
    parts, missing = [data[end + 4 :]], int(found[1]) - (len(data) - end - 4)
    while missing > 0:
        parts.append(_more(connection))
        missing -= len(parts[-1])
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    return Answer(int(head[9:12]), body), missing == 0 and not _LAST.search(head)


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(RECEIVE)
    if not part:
        raise ConnectionError("DynamoDB Local has closed the connection")
    return part
