"""What is measured: our emulator, its peers, and the engines alone, in processes of their own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from lakestack.java import artifacts
from lakestack.java.interpreter import find_java
from tests.bench import lake
from tests.bench.peers.environments import PeerError, python_of
from tests.support import emulator, free_port

OURS, MINISTACK, MOTO = "ours", "ministack", "moto"
DYNAMODB_LOCAL = "DynamoDB Local"
START_SECONDS = 60.0
_KEPT = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE")


@dataclass
class Server:
    """A server that runs.

    Attributes:
        name: the column of the table
        port: on 127.0.0.1
        pid: its process; what it has started counts as its own
        engine_alone: it is a part of ours, not a peer
    """

    name: str
    port: int
    pid: int
    engine_alone: bool = False
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """A boto3 client, to prepare with and to check with; made once."""
        if service not in self._clients:
            self._clients[service] = lake.client(service, self.url)
        return self._clients[service]

    def cpu_seconds(self) -> tuple[float, float]:
        """CPU time until now: of the process alone, and with all below it."""
        process = psutil.Process(self.pid)
        own = _cpu(process)
        return own, own + sum(_cpu(child) for child in process.children(recursive=True))


@contextlib.contextmanager
def ours() -> Iterator[Server]:
    """Our emulator, empty, as a user starts it."""
    with emulator() as running:
        yield Server(OURS, running.port, running.pid)


@contextlib.contextmanager
def ministack() -> Iterator[Server]:
    port = free_port()
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    command = [str(python_of(MINISTACK)), "-m", "ministack"]
    with _process(MINISTACK, command, port, settings) as server:
        yield server


@contextlib.contextmanager
def moto() -> Iterator[Server]:
    port = free_port()
    command = [str(python_of(MOTO)), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _process(MOTO, command, port) as server:
        yield server


@contextlib.contextmanager
def dynamodb_local() -> Iterator[Server]:
    """DynamoDB Local alone, in memory, with the options that the emulator gives it."""
    found = artifacts.dynamodb_local()
    if found is None:
        raise PeerError("DynamoDB Local has no native library for this machine")
    jars, native = found
    port = free_port()
    command = [sys.executable, "-m", "lakestack.services.dynamodb.local_server"]
    command += ["--port", str(port), "--jars", str(jars), "--native", str(native)]
    command += ["--java", str(find_java().path)]
    with _process(DYNAMODB_LOCAL, command, port) as server:
        server.engine_alone = True
        yield server


STARTS: dict[str, Callable[[], contextlib.AbstractContextManager[Server]]] = {
    OURS: ours,
    MINISTACK: ministack,
    MOTO: moto,
    DYNAMODB_LOCAL: dynamodb_local,
}
"""Every server that a row may name."""


@contextlib.contextmanager
def _process(
    name: str, command: Sequence[str], port: int, settings: dict[str, str] | None = None
) -> Iterator[Server]:
    """Run a server in a folder of its own, without the user's settings and credentials."""
    with tempfile.TemporaryDirectory(prefix="bench-peer-") as folder:
        kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
        own = {"HOME": folder, "TMPDIR": folder, "PYTHONUNBUFFERED": "1"}
        log = Path(folder) / "output.log"
        with log.open("wb") as output:
            process = psutil.Popen(
                list(command),
                env={**kept, **own, **(settings or {})},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _await(name, process, port, log)
            yield Server(name, port, process.pid)
        finally:
            _end(process)


def _await(name: str, process: Any, port: int, log: Path) -> None:
    waited = 0.0
    while True:
        with socket.socket() as probe:
            probe.settimeout(5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or waited > START_SECONDS:
            said = log.read_text(errors="replace").strip()[-800:]
            raise PeerError(f"{name} does not listen on port {port}: {said or 'it says nothing'}")
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(0.1)
        waited += 0.1


def _end(process: Any) -> None:
    below = process.children(recursive=True) if process.is_running() else []
    for each in (process, *below):
        with contextlib.suppress(psutil.Error):
            each.terminate()
    _, alive = psutil.wait_procs([process, *below], timeout=10)
    for each in alive:
        with contextlib.suppress(psutil.Error):
            each.kill()


def _cpu(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
