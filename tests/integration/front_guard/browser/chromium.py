"""Headless Chromium, and a server for its page.

Any name resolves to 127.0.0.1 in it, as names of an attacker's may. For a rebound name the server
stands before the program that is attacked, as the attacker's DNS would: the page comes from here,
and all else that its origin is asked for goes to the program, with the Host that the browser sent.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

SCRIPT = Path(__file__).with_name("attacks.js")
PAGE = "/__page"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The browser's command, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Server:
    """Serves the page and takes its report.

    Args:
        forward: port of the program to stand before; 0 for none
        seen: ``(method, path, headers)`` of all requests that are not the page's own
    """

    forward: int = 0
    plan: Mapping[str, Any] = field(default_factory=dict)
    reports: Queue[Any] = field(default_factory=Queue)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    port: int = 0


class _Handler(BaseHTTPRequestHandler):
    server_version = "page"
    owner: Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path == PAGE:
            script = f"const plan = {json.dumps(self.owner.plan)};\n{SCRIPT.read_text()}"
            self._send(200, f"<!doctype html><body><script>{script}</script>".encode())
        elif self.path == "/__report":
            self.owner.reports.put(json.loads(body))
            self._send(200, b"")
        elif self.owner.forward:
            self._pass_on(body)
        else:
            self.owner.seen.append((self.command, self.path, dict(self.headers.items())))
            self._send(404, b"")

    do_GET = do_POST = do_PUT = do_OPTIONS = do_HEAD = _serve  # noqa: N815 - http.server's names

    def _pass_on(self, body: bytes) -> None:
        peer = http.client.HTTPConnection("127.0.0.1", self.owner.forward, timeout=60)
        peer.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "connection" or "pgrade" in value:
                peer.putheader(name, value)
        peer.endheaders(body or None)
        answer = peer.getresponse()
        data = answer.read() if answer.status != 101 else b""
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        peer.close()

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay silent."""


@contextlib.contextmanager
def served(forward: int = 0) -> Iterator[Server]:
    """Serve on a free port of loopback."""
    owner = Server(forward)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": owner})) as s:
        owner.port = s.server_port
        thread = threading.Thread(target=s.serve_forever, daemon=True)
        thread.start()
        yield owner
        s.shutdown()
        thread.join()


def visit(
    command: str, url: str, reports: Queue[Any], profile: Path, resolve: str, seconds: float = 180
) -> Any:
    """Open a page and wait for its report.

    Args:
        resolve: Chromium's ``--host-resolver-rules``

    Raises:
        AssertionError: no report came in time
    """
    options = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--no-first-run", "--disable-extensions", "--disable-background-networking"),
        # The strongest attacker: nothing but the emulator itself stands in the way.
        "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
        *("--no-proxy-server", f"--host-resolver-rules={resolve}"),
        *(f"--user-data-dir={profile}", "--remote-debugging-port=0"),
    ]
    environment = {"PATH": os.environ["PATH"], "HOME": str(profile)}
    with subprocess.Popen(
        [command, *options, url],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as browser:
        try:
            return reports.get(timeout=seconds)
        except Empty:
            raise AssertionError(f"no report of {url} within {seconds:g} s") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
