"""A container engine that answers over HTTP as far as a fixture asks, with an emulator behind it.

Docker Engine API v1.41; a container that is started answers as the emulator does, on the port that
it was to publish on loopback.
"""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, Any]
CONTAINER = "c0ffee" * 10


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, answer: Callable[[str, str, Any], Answer]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or "null")
                status, document = answer(self.command, self.path, body)
                data = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data) if status != 204 else 0))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(data if status != 204 else b"")

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()


@dataclass
class FakeEngine:
    """Give its ``url`` as DOCKER_HOST; `stop` it at the end.

    Attributes:
        images: what is there
        refuses: what the start of a container is refused with, each once
        dies: whether a container ends at once
        pull: what it answers when it is to get an image
        created: what containers were asked for, by the API's names
        removed: how many containers were
    """

    images: set[str] = field(default_factory=lambda: {"lakestack:0.1.0"})
    refuses: list[str] = field(default_factory=list)
    dies: bool = False
    pull: Answer = (404, {"message": "pull access denied, repository does not exist"})
    created: list[dict[str, Any]] = field(default_factory=list)
    removed: int = 0

    def __post_init__(self) -> None:
        self._server = _Server(0, self._answer)
        self._emulator: _Server | None = None
        self.url = f"tcp://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._end()
        self._server.end()

    def _end(self) -> None:
        emulator, self._emulator = self._emulator, None
        if emulator:
            emulator.end()

    def _answer(self, method: str, path: str, body: Any) -> Answer:
        path = re.sub(r"^/v[\d.]+", "", path).partition("?")[0]
        if path == "/version":
            return 200, {"ApiVersion": "1.41", "Version": "20.10.24"}
        if path.startswith("/images/") and path.endswith("/json"):
            name = path.removeprefix("/images/").removesuffix("/json").replace("%3A", ":")
            known = name in self.images
            return (200, {"Id": name}) if known else (404, {"message": f"No such image: {name}"})
        if path == "/images/create":
            return self.pull
        if path == "/containers/create":
            self.created.append(body)
            return 201, {"Id": CONTAINER, "Warnings": []}
        return self._of_container(method, path.rpartition("/")[2])

    def _of_container(self, method: str, what: str) -> Answer:
        if method == "DELETE":
            self.removed += 1
            self._end()
            return 204, None
        if what == "start":
            if self.refuses:
                return 500, {"message": self.refuses.pop(0)}
            if not self.dies:
                self._emulator = _Server(self.published(), lambda *_: (200, {"services": {}}))
            return 204, None
        if what == "logs":
            said = b"lakestack: no place for the emulator's state\n"
            return 200, b"\x01\0\0\0" + len(said).to_bytes(4, "big") + said
        bindings = self.created[-1]["HostConfig"]["PortBindings"]
        return 200, {
            "Id": CONTAINER,
            "Name": "/one",
            "State": {"Status": "exited" if self.dies else "running"},
            "Config": {"Tty": False},
            "HostConfig": {"NetworkMode": "default", "LogConfig": {"Type": "json-file"}},
            "NetworkSettings": {"Ports": bindings},
        }

    def published(self) -> int:
        """The port of this machine that the last container was to have."""
        (bindings,) = self.created[-1]["HostConfig"]["PortBindings"].values()
        return int(bindings[0]["HostPort"])

    def variables(self) -> dict[str, str]:
        """What the last container was given."""
        return dict(each.split("=", 1) for each in self.created[-1]["Env"])
