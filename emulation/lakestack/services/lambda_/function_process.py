"""One execution environment: a Python process that serves a function's invocations in turn."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from lakestack import marks, supervise
from lakestack.services.lambda_.output import InvocationLog

BOOTSTRAP = Path(__file__).resolve().parent / "runtime" / "bootstrap.py"
LOOK_SECONDS = 0.2
FLUSH_SECONDS = 0.5
KILL_SECONDS = 35.0
"""Longer than the supervisor takes to end all (`supervise.END_SECONDS`)."""

CHUNK = 1 << 16

_HEADER = struct.Struct(">I")
Message = dict[str, Any]

_alive: weakref.WeakSet[FunctionProcess] = weakref.WeakSet()
_alive_lock = threading.Lock()


class TimedOutError(Exception):
    """No answer before the deadline; the process still runs."""


class OutOfMemoryError(Exception):
    """The process outgrew its memory size; it still runs."""


@dataclass(frozen=True)
class ExitedError(Exception):
    """The process ended without an answer.

    Args:
        status: exit code, negative for a signal
    """

    status: int


class FunctionProcess:
    """A process in a group of its own, and the conversation with it.

    Not for use by two threads at once, but for `kill`.

    Args:
        start: first message to the bootstrap: code, layers, packages, gateway
        memory_limit: resident bytes of process and children above which it is stopped
    """

    def __init__(
        self, start: Message, *, env: Mapping[str, str], cwd: Path, memory_limit: int
    ) -> None:
        self._mark = uuid.uuid4().hex
        ours, theirs = socket.socketpair()
        control, self._control = os.pipe()  # our end is closed by whatever ends us
        self._control_lock = threading.Lock()
        with theirs:
            command: Sequence[str] = [
                *(sys.executable, "-I", "-S", "-B", "-X", "utf8"),
                *(str(BOOTSTRAP), str(theirs.fileno()), str(control), supervise.__file__),
            ]
            try:
                self._popen = subprocess.Popen(
                    command,
                    env={**env, marks.PROCESS: self._mark},
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno(), control],
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                os.close(self._control)
                raise
            finally:
                os.close(control)
        assert self._popen.stdout is not None  # noqa: S101 - a pipe was asked for
        self._socket, self._output = ours, self._popen.stdout
        os.set_blocking(self._output.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(ours, selectors.EVENT_READ)
        self._selector.register(self._output, selectors.EVENT_READ)
        self._received = b""
        self._memory_limit = memory_limit
        self._peak = 0
        self._start = start
        with _alive_lock:
            _alive.add(self)

    @property
    def pid(self) -> int:
        """Process id of the function's supervisor."""
        return self._popen.pid

    @property
    def peak_bytes(self) -> int:
        """Largest resident size seen so far."""
        return self._peak

    def initialise(self, deadline: float, log: InvocationLog) -> Message:
        """Let it load the handler; ``{"ready": True}`` or an error object.

        Args:
            deadline: `time.monotonic` seconds

        Raises:
            TimedOutError, OutOfMemoryError, ExitedError: it did not come to an answer
        """
        return self.call(self._start, deadline, log)

    def call(self, message: Message, deadline: float, log: InvocationLog) -> Message:
        """Send a message and return the answer, collecting output meanwhile.

        Raises:
            TimedOutError, OutOfMemoryError, ExitedError: there is no answer
        """
        data = json.dumps(message).encode()
        self._socket.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            self._socket.sendall(_HEADER.pack(len(data)) + data)
        except TimeoutError:
            raise TimedOutError from None
        except OSError:
            self._drain(log)
            raise ExitedError(self._status()) from None
        try:
            answer = self._answer(deadline, log)
        finally:
            self._drain(log)
        self._peak = max(self._peak, int(answer.get("memory", 0)))
        return answer

    def kill(self) -> None:
        """End the process and everything it started."""
        with self._control_lock:
            if self._control >= 0:
                os.close(self._control)  # the supervisor's sign to kill all
                self._control = -1
        try:
            self._popen.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:  # it stands still itself
            self._popen.kill()
        # The supervisor leaves nothing behind, unless somebody has killed it, or on a system
        # without adoption of orphans: the environment gives those away.
        marks.kill_marked(marks.PROCESS, self._mark)
        self._popen.wait()

    def close(self) -> None:
        """End it, and let go of its pipes."""
        self.kill()
        self._selector.close()
        self._socket.close()
        self._output.close()

    def _answer(self, deadline: float, log: InvocationLog) -> Message:
        looked = flushed = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= deadline:
                self._look_at_memory()
                raise TimedOutError
            for key, _ in self._selector.select(min(LOOK_SECONDS, deadline - now)):
                if key.fileobj is self._output:
                    self._read_output(log)
                elif (answer := self._read_answer()) is not None:
                    return answer
            if now - looked >= LOOK_SECONDS:
                looked = now
                if self._look_at_memory() > self._memory_limit:
                    raise OutOfMemoryError
                # A fork may hold the socket open after the process itself has ended.
                if (status := self._popen.poll()) is not None:
                    return self._last_answer(status)
            if now - flushed >= FLUSH_SECONDS:
                flushed = now
                log.flush()

    def _last_answer(self, status: int) -> Message:
        """What it said before it ended, between the look at its socket and the look at itself."""
        while any(key.fileobj is self._socket for key, _ in self._selector.select(0)):
            if (answer := self._read_answer()) is not None:
                return answer
        raise ExitedError(status)

    def _read_answer(self) -> Message | None:
        try:
            chunk = self._socket.recv(CHUNK)
        except OSError:
            chunk = b""
        if not chunk:
            raise ExitedError(self._status())
        self._received += chunk
        if len(self._received) < _HEADER.size:
            return None
        end = _HEADER.size + _HEADER.unpack_from(self._received)[0]
        if len(self._received) < end:
            return None
        data, self._received = self._received[_HEADER.size : end], self._received[end:]
        answer: Message = json.loads(data)
        return answer

    def _read_output(self, log: InvocationLog) -> bool:
        try:
            chunk = os.read(self._output.fileno(), CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            with contextlib.suppress(KeyError):
                self._selector.unregister(self._output)
            return False
        log.feed(chunk)
        return True

    def _drain(self, log: InvocationLog) -> None:
        # What was printed before the answer is in the pipe by now; a child that prints forever
        # must not keep us here.
        until = time.monotonic() + 1
        while self._read_output(log) and time.monotonic() < until:
            pass

    def _status(self) -> int:
        try:
            return self._popen.wait(1)
        except subprocess.TimeoutExpired:  # it closed its socket: of no more use
            self.kill()
            return self._popen.returncode

    def _look_at_memory(self) -> int:
        total = 0
        with contextlib.suppress(psutil.Error):
            for each in psutil.Process(self.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    total += each.memory_info().rss
        self._peak = max(self._peak, total)
        return total


def kill_all() -> None:
    """End every environment at once; called when the emulator stops."""
    with _alive_lock:
        processes = list(_alive)
        _alive.clear()
    for process in processes:
        process.kill()
