"""Whose program listens on the emulator's port, where it is not the emulator of this home."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from lakestack import commands, paths
from lakestack.host import liveness
from lakestack.host.marked_folder import lives
from lakestack.ports import DEFAULT_PORT, LARGEST_PORT

SECONDS = 3.0
"""For its answer: whoever asks is to be told within five."""


@dataclass(frozen=True)
class Occupant:
    """Somebody else on the port.

    Attributes:
        message: which program it is, one sentence
        hint: the next command
        is_emulator: whether it is one, of another home: what it holds can be looked at
    """

    message: str
    hint: str
    is_emulator: bool


def occupant(endpoint: str) -> Occupant | None:
    """Who answers at a loopback address, None for this home's emulator, a container's and nobody.

    Args:
        endpoint: such as ``http://127.0.0.1:4566``
    """
    port = urlsplit(endpoint).port
    if port is None or paths.docker_is_chosen() or paths.in_container() or _is_own(port):
        return None
    if not _is_taken(port):
        return None
    who, is_emulator = listener(port)
    if not who:
        return None
    hint = f"take another port: {commands.at_port(another(port))}"
    if is_emulator:
        hint += f"; or, if you mean that one: --endpoint http://127.0.0.1:{port}"
    return Occupant(f"Port {port} is taken by {who}.", hint[0].upper() + hint[1:], is_emulator)


def listener(port: int) -> tuple[str, bool]:
    """The program on a port, as far as it or the system tells, and whether it is an emulator.

    "" for an emulator in a container, which belongs to no home, and for this home's.
    """
    said = "does not speak HTTP"
    with contextlib.suppress(http.client.HTTPException, ConnectionError):
        try:
            health = liveness.document(port, SECONDS)
        except TimeoutError:
            said = f"takes connections and says nothing within {SECONDS:g} s"
        else:
            if health.get("container"):
                return "", True
            if folder := health.get("folder"):
                if Path(folder) == _folder(port):
                    return "", True
                return (
                    f"the emulator of {Path(folder).parent} (process {health.get('process')})",
                    True,
                )
            if "engines" in health:  # of a version that does not tell
                return f"another emulator ({_process(port)})", True
            said = "answers, but is not this emulator"
    return f"{_process(port)}, which {said}", False


def another(port: int) -> int:
    """The port to propose instead of one that is taken."""
    return port + 1 if port < LARGEST_PORT else DEFAULT_PORT


def _is_own(port: int) -> bool:
    try:
        record = json.loads((_folder(port) / "process.json").read_text(encoding="utf-8"))
        return lives(record["pid"], record["created"])
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _folder(port: int) -> Path:
    return paths.home() / f"emulator-{port}"


def _is_taken(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), SECONDS):
        return True
    return False


def _process(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN
            if listening and connection.laddr.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (process {process.pid})"
    return "another program"
