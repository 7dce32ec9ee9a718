"""Somebody else on the emulator's port is named within seconds, and never written into unasked."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from lakestack.errors import PortInUseError
from lakestack.host.occupant import occupant
from lakestack.host.process import require_free
from pipeline.cli.commands import _join_plugins, app
from tests.support import free_port

NAME = psutil.Process().name()


@contextmanager
def _server(health: dict[str, Any] | None) -> Iterator[int]:
    """A server whose health is this document, or which knows no health."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(health or {}).encode()
            self.send_response(404 if health is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep stderr clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def silent() -> Iterator[int]:
    """A port whose connections are taken and not answered."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield server.getsockname()[1]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    _join_plugins()


def call(port: int, *arguments: str) -> tuple[Any, float]:
    began = time.monotonic()
    result = CliRunner().invoke(app, arguments, env={"LAKE_PORT": str(port)})
    return result, time.monotonic() - began


def test_nobody_is_there() -> None:
    assert occupant(f"http://127.0.0.1:{free_port()}") is None


@pytest.mark.parametrize("command", ["status", "run", "destroy"])
def test_another_http_server(command: str) -> None:
    with _server(None) as port:
        result, _ = call(port, command)
    assert result.exit_code == 1
    assert (
        f"lake: Port {port} is taken by {NAME} (process {os.getpid()}), which answers, but is not "
        "this emulator.\n"
    ) in result.stderr
    assert f"  → Take another port: LAKE_PORT={port + 1} make local\n" in result.stderr


def test_a_silent_service(silent: int) -> None:
    result, seconds = call(silent, "status")
    assert result.exit_code == 1
    assert f"process {os.getpid()}), which takes connections and says nothing" in result.stderr
    assert "make down" not in result.stderr
    assert seconds < 30  # 3 s of silence, on a machine that may be busy


OTHER = {"ok": True, "process": 77, "folder": "/home/anna/films/.lake/emulator-4566"}


def test_another_clones_emulator_is_not_written_into() -> None:
    with _server(OTHER) as port:
        for command in (["run"], ["destroy"], ["retrain"]):
            result, _ = call(port, *command)
            assert result.exit_code == 1
            assert "is taken by the emulator of /home/anna/films/.lake (process 77)" in (
                result.stderr
            )
            assert f"--endpoint http://127.0.0.1:{port}" in result.stderr
        told = call(port, "emulator", "status")[0]
        assert "no emulator of this folder runs" in told.stderr
        assert "/home/anna/films/.lake" in told.stderr


def test_another_clones_emulator_can_be_looked_at_and_is_named() -> None:
    with _server(OTHER) as port:
        result, _ = call(port, "status")
    assert f"Port {port} is taken by the emulator of /home/anna/films/.lake" in result.stderr
    assert "lake: Port" not in result.stderr


def test_what_is_named_is_meant() -> None:
    with _server(OTHER) as port:
        result, _ = call(port, "destroy", "--endpoint", f"http://127.0.0.1:{port}")
    assert "is taken by" not in result.stderr


@pytest.mark.parametrize("given", [{"container": True}, {"folder": "own"}])
def test_a_container_and_ones_own_are_nobody_else(given: dict[str, Any], tmp_path: Path) -> None:
    with _server(given) as port:
        if "folder" in given:
            given["folder"] = str(tmp_path / "home" / f"emulator-{port}")
        assert occupant(f"http://127.0.0.1:{port}") is None


def test_the_doctor_says_whose_it_is() -> None:
    with _server(OTHER) as port:
        result, _ = call(port, "doctor")
    assert result.exit_code == 1
    assert f"FAILED  endpoint: Port {port} is taken by the emulator of" in result.stdout
    assert f"FAILED  port: port {port} is taken by the emulator of" in result.stdout


def test_a_start_says_whose_it_is() -> None:
    with _server(OTHER) as port, pytest.raises(PortInUseError, match="/home/anna/films"):
        require_free(port)
