"""The emulator's side of the conversation with a session's process (`runtime.session.driver`)."""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

POLL_SECONDS = 0.5
HELLO_SECONDS = 10.0
MOST_HELLO_BYTES = 256


class ChannelError(Exception):
    """The process ended before it said anything."""


class Channel:
    """Listens on loopback for one process that knows the word, and talks to it.

    Attributes:
        address: ``port:word``, for the process
    """

    def __init__(self) -> None:
        self._word = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(POLL_SECONDS)
        self.address = f"{self._listener.getsockname()[1]}:{self._word}"

    def accept(self, alive: Callable[[], bool]) -> None:
        """Wait for the process; whoever does not know the word is sent away.

        Args:
            alive: whether the process still runs

        Raises:
            ChannelError: it has ended
        """
        while alive():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(HELLO_SECONDS)
            if self._knows_the_word(connection):
                connection.settimeout(None)
                self._connection = connection
                self._listener.close()
                return
            connection.close()
        raise ChannelError("the process ended before the session was ready")

    def documents(self) -> Iterator[dict[str, Any]]:
        """What the process says, until it ends."""
        assert self._connection is not None  # noqa: S101 - accepted before
        try:
            with self._connection.makefile("r", encoding="utf-8") as lines:
                for line in lines:
                    yield json.loads(line)
        except (OSError, ValueError):  # cut off within a line
            return

    def say(self, document: dict[str, Any]) -> bool:
        """Write a document; False where nobody listens any more."""
        with self._lock:
            if self._connection is None:
                return False
            try:
                self._connection.sendall(json.dumps(document).encode() + b"\n")
            except OSError:
                return False
            return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._listener.close()
        if self._connection is not None:
            self._connection.close()

    def _knows_the_word(self, connection: socket.socket) -> bool:
        said = b""
        try:
            while not said.endswith(b"\n") and len(said) < MOST_HELLO_BYTES:
                part = connection.recv(1)
                if not part:
                    return False
                said += part
            word = json.loads(said).get("hello")
        except (OSError, ValueError, AttributeError):
            return False
        return isinstance(word, str) and secrets.compare_digest(word.encode(), self._word.encode())
