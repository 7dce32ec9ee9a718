"""DynamoDB Local's process under watch.

It is started, started again when it dies, and asked whether it answers.

A death is noticed within a second. The engine is started again, after a pause that doubles; when it
has died `MOST_DEATHS` times in a row without having answered for `CALM_SECONDS`, it stays down, so
that an engine that dies at its start does not take the processor. One that lives and is silent is
left alone: ending it would lose its tables.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from lakestack import commands
from lakestack.errors import EmulationError
from lakestack.services import faults
from lakestack.services.dynamodb.lost_tables import Tables

LOG = logging.getLogger(__name__)

NAME = "DynamoDB Local"
LOOK_SECONDS = 0.2
PROBE_EVERY = 1.0
PROBE_SECONDS = 2.0
SILENT_SECONDS = 10.0
"""No answer for so long, with a process that lives: it is frozen. A busy machine is faster."""
START_SECONDS = 60.0
WAIT_SECONDS = 25.0
"""How long a request waits for an engine that is being started."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
MOST_DEATHS = 4
CALM_SECONDS = 10.0
KEPT_LINES = 5


class Process(Protocol):
    """What is watched; `lakestack.services.processes.ManagedProcess` is one."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self, grace: float = 5.0) -> None: ...


Launch = Callable[[Callable[[str], None]], Process]
"""Starts the engine; it is given what takes the lines that the engine prints."""


class EngineError(EmulationError):
    """The engine does not answer now; the message says why."""


class Engine:
    """One engine on one port. All methods are safe to call from several threads.

    Args:
        launch: starts its process
        port: where it listens, on loopback
        tables: told when what the engine held is lost
        answers: whether it answers, asked with the port
    """

    def __init__(
        self,
        launch: Launch,
        port: int,
        tables: Tables,
        answers: Callable[[int], bool] | None = None,
    ) -> None:
        self.port, self.tables = port, tables
        self._launch, self._answers = launch, answers or _answers
        self._state = "stopped"
        self._deaths = 0
        self._reason = ""
        self._process: Process | None = None
        self._answered = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)

    @property
    def state(self) -> str:
        """stopped, starting, running, silent or failed."""
        if self._state == "running" and self.silent_seconds >= SILENT_SECONDS:
            return "silent"
        return self._state

    @property
    def silent_seconds(self) -> float:
        """Since it last answered, while it runs."""
        return time.monotonic() - self._answered if self._state == "running" else 0.0

    def start(self) -> None:
        """Begin to start it, unless it runs or has failed; returns at once."""
        with self._changed:
            if self._thread is not None and self._thread.is_alive():
                return
            self._stopping = threading.Event()
            self._set("starting")
            self._thread = threading.Thread(
                target=self._watch, args=(self._stopping,), name="dynamodb-local", daemon=True
            )
            self._thread.start()

    def require(self, timeout: float = WAIT_SECONDS) -> None:
        """Return when it can be asked; at once, as a rule.

        Raises:
            EngineError: it is silent, it has failed, or its start takes longer than `timeout`
        """
        if self._state == "running" and self.silent_seconds < SILENT_SECONDS:
            return
        if self._state == "stopped":
            self.start()
        with self._changed:
            self._changed.wait_for(lambda: self._state != "starting", timeout)
        state = self.state
        if state != "running":
            raise EngineError(self._why(state), commands.restart())

    def stop(self) -> None:
        """End it, with all that it holds."""
        with self._changed:
            self._stopping.set()
            thread, process = self._thread, self._process
        if process is not None:
            process.terminate()
        if thread is not None and thread is not threading.current_thread():
            thread.join(START_SECONDS)
        self.tables.clear()

    def describe(self) -> dict[str, Any]:
        """Its state and what it has lost, for people and for ``--json``."""
        state = self.state
        lost = [
            {"account": a, "region": r, "table": n, "at": t.at.isoformat(), "reason": t.reason}
            for (a, r, n), t in self.tables.all_lost().items()
        ]
        process = self._process
        return {
            "name": NAME,
            "state": state,
            "process": process.pid if process and state in ("running", "silent") else None,
            "deaths": self._deaths,
            "silent_seconds": round(self.silent_seconds, 1) if state == "silent" else 0,
            "lost_tables": lost,
            "why": "" if state in ("running", "stopped", "starting") else self._why(state),
        }

    def _why(self, state: str) -> str:
        pid = self._process.pid if self._process else "?"
        if state == "silent":
            return (
                f"{NAME} (process {pid}) lives but has not answered for {self.silent_seconds:.0f} s"
            )
        if state == "failed":
            return f"{NAME} stays down: {self._reason}"
        return f"{NAME} is {state}: no answer yet"

    def _set(self, state: str) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _watch(self, stopping: threading.Event) -> None:
        """Start it, and again when it dies, until it is stopped or dies too often."""
        pause, in_a_row = FIRST_PAUSE, 0
        while not stopping.is_set():
            reason, ran = self._live(stopping)
            if stopping.is_set():
                break
            if ran >= CALM_SECONDS:
                pause, in_a_row = FIRST_PAUSE, 0
            in_a_row += 1
            self._died(reason, too_often=in_a_row >= MOST_DEATHS)
            if in_a_row >= MOST_DEATHS:
                return
            stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        self._set("stopped")

    def _died(self, reason: str, *, too_often: bool) -> None:
        self._deaths += 1
        self._reason = reason
        lost = self.tables.lose(f"{NAME}, which held this table in memory, ended: {reason}")
        names = ", ".join(name for _, _, name in lost)
        consequence = f"tables lost: {names}" if lost else "it held no tables"
        if too_often:
            consequence += f"; ended {MOST_DEATHS} times in a row, it stays down"
        faults.record(NAME, f"its process ended: {reason}", consequence)
        self._set("failed" if too_often else "starting")

    def _live(self, stopping: threading.Event) -> tuple[str, float]:
        """One life: why it ended, and how many seconds it answered."""
        self._lines.clear()
        try:
            process = self._launch(self._lines.append)
        except Exception as e:  # no memory, no Java any more: a death like any other
            LOG.exception("%s cannot be started", NAME)
            return f"it cannot be started: {type(e).__name__}: {e}", 0.0
        with self._changed:
            self._process = process
        began, looked = time.monotonic(), 0.0
        ready = 0.0
        while process.returncode is None:
            now = time.monotonic()
            if now - looked >= (PROBE_EVERY if ready else LOOK_SECONDS):
                looked = now
                if self._answers(self.port):
                    self._answered = time.monotonic()
                    if not ready:
                        ready = self._answered
                        LOG.info("%s is ready after %.1f s", NAME, ready - began)
                        self._set("running")
            if not ready and now - began > START_SECONDS:
                process.terminate()
                return f"it was not ready within {START_SECONDS:.0f} s", 0.0
            if stopping.wait(LOOK_SECONDS):
                process.terminate()
                return "it was stopped", 0.0
        with self._changed:
            self._state = "starting"  # nobody is to be sent there while the rest is tidied up
        code = process.wait()  # ends also what it has left behind
        return _ending(code, self._lines), time.monotonic() - ready if ready else 0.0


def _ending(code: int, lines: deque[str]) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    said = f" ({' | '.join(lines)})" if lines else ""
    return f"exit code {code}{said}"


def _answers(port: int) -> bool:
    """Whether something speaks HTTP there; what it says to an unsigned request is no matter."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
