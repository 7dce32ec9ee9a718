"""`lake reset` empties the emulator by way of the plug-in, and no account."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from lakestack.errors import NotRunningError, StateError
from lakestack.host import reset as of_the_emulator
from lakestack.services.control import routes
from pipeline.cli import play
from pipeline.cli.commands import app
from pipeline.errors import TargetError
from pipeline.reset import reset
from pipeline.target import Target, open_target
from tests.support import free_port

ANSWER = {"reset": {"scope": "all", "services": ["s3", "glue"], "not_ended": [], "seconds": 0.25}}


@pytest.fixture
def served() -> Iterator[tuple[str, list[Any]]]:
    """An emulator's address, and what it was asked; it answers as the last item says."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body)))
            text = json.dumps(ANSWER if len(asked) == 1 else {"error": {}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Keep stderr clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_the_plug_in_is_asked(
    served: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = served
    target = open_target("local", endpoint=url)
    monkeypatch.setattr(play, "open_lake", lambda *_: SimpleNamespace(target=target))
    found = CliRunner().invoke(app, ["reset"])
    assert (found.exit_code, found.stdout) == (0, "emptied in 0.2 s: s3, glue\n")
    assert asked == [(of_the_emulator.RESET, {})]
    with pytest.raises(StateError, match="was not reset"):
        reset(target)


def test_the_route_is_the_emulators() -> None:
    assert of_the_emulator.RESET == routes.RESET


def test_nobody_answers() -> None:
    with pytest.raises(NotRunningError) as raised:
        of_the_emulator.reset(f"http://127.0.0.1:{free_port()}")
    assert "lake emulator start" in str(raised.value.hint)


def test_an_account_is_not_emptied() -> None:
    with pytest.raises(TargetError) as raised:
        reset(cast(Target, SimpleNamespace(name="aws", endpoint=None)))
    assert raised.value.hint.endswith("lake destroy")
