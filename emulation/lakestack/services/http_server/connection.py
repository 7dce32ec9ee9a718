"""A connection: its requests one after another, until one side ends it."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from lakestack.services.http_server import answer, body
from lakestack.services.http_server.body import Ended, Incoming
from lakestack.services.http_server.request_head import (
    MAX_HEAD_BYTES,
    BadRequestError,
    RequestHead,
    environment,
    parse,
)

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 60
"""A client that says nothing for so long is gone: as with LocalStack's server."""
TLS_HANDSHAKE = 0x16
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Application = Callable[[dict[str, Any], Any], Any]
"""WSGI."""
HandOver = Callable[[socket.socket, bytes], None]
"""Takes a connection and what has been read from it."""


class Connection:
    """Serves one client.

    Args:
        hand_over: takes what is not plain HTTP/1.1
        busy: called with 1 before a request is looked at, with -1 when it is answered; returns
            whether another one may follow
    """

    def __init__(
        self,
        connection: socket.socket,
        client: tuple[str, int],
        application: Application,
        hand_over: HandOver,
        busy: Callable[[int], bool],
    ) -> None:
        self._socket, self._client = connection, client
        self._application, self._hand_over, self._busy = application, hand_over, busy
        self._server: tuple[str, int] = connection.getsockname()[:2]
        self._incoming = Incoming(connection)

    def serve(self) -> None:
        """Answer until one side ends the connection, or hand it over."""
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            # The system's own limit for reads: Python's costs a second call for each of them.
            wait = struct.pack("@ll", IDLE_SECONDS, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
            self._incoming.more()
            start = self._incoming.buffer
            if start[0] == TLS_HANDSHAKE or start.startswith(b"PRI * HTTP/2"):
                self._hand_over(self._socket, start)
                return
            while self._one():
                pass
        except BadRequestError as e:
            LOG.info("refused a request that is not HTTP/1.1: %s", e)
            with suppress(OSError):
                self._socket.sendall(_BAD)
        except (Ended, OSError):
            pass
        finally:
            self._socket.close()

    def _one(self) -> bool:
        """Serve one request; returns whether another one may come."""
        while self._incoming.buffer.startswith(b"\r\n"):  # RFC 9112: some send one too many
            self._incoming.buffer = self._incoming.buffer[2:]
        raw = self._incoming.until(b"\r\n\r\n", MAX_HEAD_BYTES)
        head = parse(raw)
        if head.upgrade == "websocket":
            self._hand_over(self._socket, raw + b"\r\n\r\n" + self._incoming.buffer)
            return False
        if head.expects and not self._incoming.buffer:
            self._socket.sendall(_CONTINUE)
        with body.read(self._incoming, head.length) as content:
            environ = environment(head, content, self._client, self._server)
            try:
                self._busy(1)
                persistent = self._answer(head, environ)
            finally:
                goes_on = self._busy(-1)
        return persistent and goes_on

    def _answer(self, head: RequestHead, environ: dict[str, Any]) -> bool:
        """Ask the gateway, and write what it answers; returns whether the connection goes on."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            started[:] = [status, headers]

        content: Any = ()
        pieces: Iterator[bytes]
        try:
            content = self._application(environ, start_response)
            pieces = (piece for piece in content if piece)
            first = next(pieces, b"")
        except Exception:
            LOG.exception("the gateway failed at %a %a", head.method, head.target[:200])
            pieces, first = iter(()), b""
            started = ["500 Internal Server Error", [("Content-Length", "0")]]
        status, headers = started
        try:
            return answer.send(self._socket, head, status, headers, first, pieces)
        except OSError:
            raise
        except Exception:
            LOG.exception("the answer to %a %a broke off", head.method, head.target[:200])
            return False
        finally:
            if close := getattr(content, "close", None):
                close()
