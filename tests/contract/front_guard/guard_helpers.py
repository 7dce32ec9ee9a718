"""Requests as a browser, curl or an attacker writes them: byte for byte, with any Host."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

DOMAIN = "localhost.localstack.cloud"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
FORM = "application/x-www-form-urlencoded"
PAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "User-Agent": FIREFOX}
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its headers in lower case, its text."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def readable_by_pages(self) -> bool:
        return any(name.startswith("access-control-allow") for name in self.headers)


def send(
    url: str,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    *,
    host: str | None = None,
) -> Reply:
    """Send one request with exactly these headers.

    Args:
        host: the Host header; the emulator's address when None; "{port}" becomes its port
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
    data = body.encode() if isinstance(body, str) else body
    named = f"127.0.0.1:{parts.port}" if host is None else host.replace("{port}", str(parts.port))
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", named)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if data is not None or method in ("POST", "PUT"):
        connection.putheader("Content-Length", str(len(data or b"")))
    connection.endheaders(data)
    response = connection.getresponse()
    text = response.read().decode(errors="replace")
    connection.close()
    return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, text)


def send_raw(url: str, request: str) -> int:
    """Send these bytes; the status of the answer, 0 when there is none."""
    port = urlsplit(url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        peer.sendall(request.replace("{port}", str(port)).encode())
        answer = peer.recv(4096)
    return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0


def engine_port(pid: int) -> int | None:
    """Port of DynamoDB Local below the emulator of this process id, None without one."""
    for child in psutil.Process(pid).children(recursive=True):
        words = child.cmdline()
        if "lakestack.services.dynamodb.local_server" in words and "--port" in words:
            return int(words[words.index("--port") + 1])
    return None
