"""An emulator that a test starts, ends and starts again, and its saved states over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from lakestack.host.process import Emulator
from lakestack.instance import Running
from tests import support

Aws = Callable[[str], Any]


class Machine:
    """One emulator's folder and port, over several lives.

    Args:
        state: folder of a state that is kept
    """

    def __init__(self, home: Path, state: Path | None = None) -> None:
        self.emulator = Emulator(support.free_port(), home=home, state=state)
        self.running: Running | None = None

    def start(self) -> Aws:
        """Begin a life; returns its clients."""
        self.running, _ = self.emulator.start()
        return support.clients(self.running.url)

    def kill(self) -> None:
        """End a life as a crash does."""
        assert self.running is not None
        process = psutil.Process(self.running.pid)
        os.kill(self.running.pid, signal.SIGKILL)
        process.wait(30)

    def stop(self) -> None:
        self.emulator.stop()

    def ask(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        """Ask the emulator's own API; returns status and answer."""
        assert self.running is not None
        body = None if document is None else json.dumps(document).encode()
        url = self.running.url + path
        request = urllib.request.Request(url, body, method=method)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - loopback
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read())

    def state(self, what: str, name: str) -> dict[str, Any]:
        """Save or load a state, which works."""
        status, document = self.ask("POST", f"/_lakestack/state/{what}", {"name": name})
        assert status == 200, document
        found: dict[str, Any] = document["state"]
        return found

    def kept(self) -> dict[str, Any]:
        """What the emulator says of the state that it keeps."""
        found: dict[str, Any] = self.ask("GET", "/_localstack/lake/health")[1]["saved_state"]
        return found

    def await_save(self) -> None:
        """Wait until a save is over that has begun after this call."""
        for _ in range(2):  # the first one may have begun before
            self._await_next_save(self.kept()["saved"])

    def _await_next_save(self, before: Any) -> None:
        self.ask("POST", "/_lakestack/reset", {"account": "999999999999"})  # a change of nothing
        support.wait_until(lambda: self.kept()["saved"] != before, what="a save")


@contextlib.contextmanager
def machine(home: Path, state: Path | None = None) -> Iterator[Machine]:
    """An emulator that is not started yet; it is ended with the block."""
    made = Machine(home, state)
    try:
        yield made
    finally:
        made.stop()
