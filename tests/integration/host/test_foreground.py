"""`lakestack start --foreground`: what a container runs, here on the host."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestack.host.process import Emulator
from tests.support import free_port, wait_until


class Foreground:
    """The command as a process, and what it has printed so far."""

    def __init__(self, port: int, home: Path, *options: str, **variables: str) -> None:
        self.port, self.printed = port, ""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "lakestack.console", "start", "--foreground"),
                *("--port", str(port), *options),
            ],
            env={**os.environ, "LAKE_HOME": str(home), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed += line

    def says(self, text: str) -> None:
        def said() -> bool:
            assert text in self.printed or self.process.poll() is None, self.printed
            return text in self.printed

        wait_until(said, 90, what=text)

    def status(self, host: str) -> int:
        """What a request with this Host is answered with."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/_localstack/health", headers={"Host": host})
            return connection.getresponse().status


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stays_shows_its_log_and_ends_with_its_emulator(home: Path, number: int) -> None:
    port = free_port()
    it = Foreground(port, home, LAKE_HOSTNAMES="lake.example")
    try:
        it.says(f"emulator ready at http://127.0.0.1:{port} after ")
        it.says("Ready.")
        assert Emulator(port, home).find() is not None
        assert it.status(f"lake.example:{port}") == 200
        assert it.status(f"another.example:{port}") == 403
        second = Foreground(port, home)
        assert second.process.wait(90) == 1
        wait_until(lambda: "is taken by an emulator that runs already" in second.printed)
        assert it.process.poll() is None
        it.process.send_signal(number)
        assert it.process.wait(60) == 0, it.printed
    finally:
        it.process.kill()
        it.process.wait()
    assert Emulator(port, home).find() is None
    assert "Traceback" not in it.printed


def test_it_ends_with_an_error_when_its_emulator_has_ended(home: Path) -> None:
    port = free_port()
    it = Foreground(port, home)
    try:
        it.says("emulator ready at ")
        running = Emulator(port, home).find()
        assert running
        os.kill(running.pid, signal.SIGKILL)
        assert it.process.wait(60) == 1
        it.says("the emulator has ended by itself; its log is above")
    finally:
        it.process.kill()
        it.process.wait()


def test_all_addresses_are_for_containers(home: Path) -> None:
    it = Foreground(free_port(), home, "--listen", "0.0.0.0")  # noqa: S104 - is refused
    assert it.process.wait(60) == 1
    it.says("lets other machines run code as you")
    assert "  → leave --listen out: 127.0.0.1" in it.printed
