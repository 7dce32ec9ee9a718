"""A connection of the lake with somebody in between: counts requests, and disturbs them.

A `Link` is an HTTP/1.1 proxy on loopback in front of one server. It sees which operation each
request asks for, so that a fault begins at the third write, say, and not after some seconds; and it
answers for the server or cuts the connection when told to.
"""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

ANSWER_SECONDS: Final = 600.0
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER that makes `close` send a reset instead of an orderly end."""
_OF_THE_CONNECTION: Final = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Disturbance(Enum):
    """What becomes of a request."""

    RESET_BEFORE = "reset before the server sees it"
    RESET_AFTER = "reset instead of the server's answer"
    ERROR_500 = "500"
    ERROR_503 = "503"


@dataclass(frozen=True)
class Moment:
    """The `count`-th request of one of these operations (patterns of whole names)."""

    operations: str
    count: int = 1


class Link:
    """A proxy in front of a server on this machine.

    Args:
        upstream: the server's port, asked for with each new connection
    """

    def __init__(self, upstream: Callable[[], int]) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self._watch: tuple[re.Pattern[str], int, Callable[[], bool]] | None = None
        self._left: list[Disturbance] = []
        self._pattern = re.compile("")
        self._met = 0
        self.seen: Counter[str] = Counter()
        """Requests by operation since `begin`."""
        self.disturbed = 0
        self._server = _Server(self)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def forwards_to(self) -> int:
        """The server's port."""
        return self._upstream()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def begin(self) -> None:
        """Forget what was seen and what was to come."""
        with self._lock:
            self._watch, self._left, self.disturbed, self._met = None, [], 0, 0
            self.seen.clear()

    def at(self, moment: Moment, action: Callable[[], bool]) -> None:
        """Hold the request of `moment` until `action` has returned.

        If it returns False it is asked again with the next request of these operations.
        """
        with self._lock:
            self._watch = (re.compile(moment.operations), moment.count, action)
            self._met = 0

    def disturb(self, disturbances: Sequence[Disturbance], operations: str) -> None:
        """Do these, one each, to the next requests of these operations."""
        with self._lock:
            self._left, self._pattern = list(disturbances), re.compile(operations)

    def meets(self, operation: str) -> Disturbance | None:
        """What is done to a request; called by the proxy for each."""
        action = None
        with self._lock:
            self.seen[operation] += 1
            if self._watch is not None and self._watch[0].fullmatch(operation):
                self._met += 1
                if self._met >= self._watch[1]:
                    action, self._watch = self._watch, None
        if action is not None and not action[2]():
            with self._lock:
                self._watch = action
        with self._lock:
            if self._left and self._pattern.fullmatch(operation):
                self.disturbed += 1
                return self._left.pop(0)
        return None

    def forward(self, method: str, path: str, headers: Any, body: bytes) -> tuple[Any, bytes]:
        """The server's response to a request, and its body."""
        port = self.forwards_to
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name.lower() == "host":  # the server refuses names that are not its own
                    connection.putheader(name, value.replace(f":{self.port}", f":{port}"))
                elif name.lower() not in _OF_THE_CONNECTION | {"expect"}:
                    connection.putheader(name, value)
            if body or method in ("POST", "PUT"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, link: Link) -> None:
        self.link = link
        self.cut: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection; an orderly end before that would leave nothing to reset."""
        if request in self.cut:
            self.cut.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or a server that is not there, is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass

    def handle_expect_100(self) -> bool:
        """The base class leaves the answer in the buffer while the client waits for it."""
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()
        return True

    def _any(self) -> None:
        body = self._body()
        link = self.server.link
        found = link.meets(operation(self.command, self.path, self.headers, body))
        if found is Disturbance.RESET_BEFORE:
            self._reset()
        elif found in (Disturbance.ERROR_500, Disturbance.ERROR_503):
            self._error(int(found.value))
        else:
            try:
                answer, content = link.forward(self.command, self.path, self.headers, body)
            except (OSError, http.client.HTTPException):
                self._reset()  # as a server that has died
                return
            if found is Disturbance.RESET_AFTER:
                self._reset()
            else:
                self._answer(answer, content)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, answer: Any, content: bytes) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else None
        if answer.status not in (204, 304):
            self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _error(self, status: int) -> None:
        content = b'{"__type": "InternalFailure", "message": "a fault of the test"}'
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.server.cut.add(self.connection)


def operation(method: str, path: str, headers: Any, body: bytes) -> str:
    """Name of what a request asks for: AWS's operation, or method and last word of the path."""
    if target := headers.get("X-Amz-Target"):
        return str(target).rpartition(".")[2]
    url = urlsplit(path)
    if url.path == "/" and (action := parse_qs(body.decode("latin-1")).get("Action")):
        return action[0]
    if headers.get("X-Amz-Copy-Source"):
        return "CopyObject"
    words = [word for word in url.path.split("/") if word]
    return f"{method} {words[-1] if words else ''}"
