"""An S3 on loopback that fails as it is told to, for clients that must go on or say so."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ERRORS = {"500": "InternalError", "503": "SlowDown", "403": "AccessDenied"}
PASSING = ["500", "503", "reset", "cut"]
"""Faults of one call, after which the next one may succeed. `cut`: the body ends in its middle."""


class FaultyS3:
    """Objects of one bucket `b`, by key.

    Attributes:
        faults: how the next requests fail, in order; one of `ERRORS`, "reset" or "cut"
        always: how all requests fail, "" for not at all
        asked: method and key of every request
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.always = ""
        self.asked: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes, str]:
        """Status, body and ETag."""
        parts = urlsplit(path)
        key = unquote(parts.path.partition("/b/")[2])
        if method == "PUT":
            self.objects[key] = body
            return 200, b"", _etag(body)
        if not key:
            return 200, self._listing(parse_qs(parts.query).get("prefix", [""])[0]), ""
        if key not in self.objects:
            return 404, _error("NoSuchKey"), ""
        found = self.objects[key]
        part = re.match(r"bytes=(\d+)-(\d+)", headers.get("Range", ""))
        status, sent = (206, found[int(part[1]) : int(part[2]) + 1]) if part else (200, found)
        return status, sent, _etag(found)

    def _listing(self, prefix: str) -> bytes:
        entries = "".join(
            f"<Contents><Key>{k}</Key><Size>{len(v)}</Size><ETag>{_etag(v)}</ETag></Contents>"
            for k, v in sorted(self.objects.items())
            if k.startswith(prefix)
        )
        return f"<ListBucketResult><Name>b</Name>{entries}</ListBucketResult>".encode()


@contextmanager
def faulty_s3() -> Iterator[FaultyS3]:
    """Serve until the end of the block."""
    s3 = FaultyS3()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self._body()
            s3.asked.append(f"{self.command} {unquote(self.path.partition('?')[0])}")
            fault = s3.faults.pop(0) if s3.faults else s3.always
            if fault == "reset":
                # Zero seconds of lingering: closing sends a reset.
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.connection.close()
                self.close_connection = True
                return
            if fault in ERRORS:
                status, sent, etag = int(fault), _error(ERRORS[fault]), ""
            else:
                status, sent, etag = s3.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.send_header("ETag", etag)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent[: len(sent) // 2] if fault == "cut" else sent)
            if fault == "cut":
                self.close_connection = True

        do_GET = do_PUT = do_HEAD = _serve  # noqa: N815

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Content-Encoding", "") + self.headers.get(
                "Transfer-Encoding", ""
            ):
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass  # checksums
            return body

        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError):  # closed, by the client or a reset
                super().handle()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        s3.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield s3
        finally:
            server.shutdown()
            thread.join()


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code} on purpose</Message></Error>".encode()
