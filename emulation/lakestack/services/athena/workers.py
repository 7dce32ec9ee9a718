"""Processes that run queries, and the queue before them.

Each process runs one query after the other and is kept for a while, because starting one takes a
second or two. A query that is stopped, or runs for too long, takes its process with it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import shutil
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from lakestack import clock
from lakestack.errors import ArtifactError
from lakestack.services import processes
from lakestack.services.athena import packages
from lakestack.services.athena.engine.__main__ import MARK
from lakestack.services.athena.execution import FAILED, Document, Execution
from lakestack.store import Ending

LOG = logging.getLogger(__name__)

AT_ONCE = max(2, (os.cpu_count() or 2) // 2)
"""Queries of an account and region that run; more wait as QUEUED."""

IDLE_SECONDS = 300.0
LIMIT_SECONDS = 1800.0
"""Amazon Athena User Guide, "Service Quotas": DML query timeout, 30 minutes."""
POLL_SECONDS = 0.1


class Workers:
    """Runs executions of one account and region.

    Args:
        started: is told that an execution's turn has come; whether it is still to run
        finished: gets its outcome
    """

    def __init__(
        self,
        account: str,
        region: str,
        started: Callable[[Execution], bool],
        finished: Callable[[Execution, Document], None],
    ) -> None:
        self._place = (account, region)
        self._started, self._finished = started, finished
        self._changed = threading.Condition()
        self._waiting: deque[Execution] = deque()
        self._running: dict[str, Engine] = {}
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def submit(self, execution: Execution) -> None:
        """Run an execution as soon as a process is free."""
        with self._changed:
            self._waiting.append(execution)
            if self._idle < len(self._waiting) and len(self._threads) < AT_ONCE:
                thread = threading.Thread(target=self._serve, name="athena-worker", daemon=True)
                self._threads.add(thread)
                thread.start()
            self._changed.notify()

    def stop(self, name: str) -> None:
        """End an execution's process, or let its turn pass."""
        with self._changed:
            engine = self._running.get(name)
        if engine is not None:
            engine.kill_soon()

    def close(self) -> list[Ending]:
        """Take nothing more, and kill what runs."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            for engine in self._running.values():
                engine.kill_soon()
            self._changed.notify_all()
            return [Ending.of(thread) for thread in self._threads]

    def _serve(self) -> None:
        engine = Engine(*self._place)
        try:
            while (execution := self._next()) is not None:
                try:
                    self._run(engine, execution)
                except Exception as e:
                    LOG.exception("query %s", execution.id)
                    self._finished(execution, _failure(f"{type(e).__name__}: {e}"))
        finally:
            engine.end()
            with self._changed:
                self._threads.discard(threading.current_thread())

    def _next(self) -> Execution | None:
        with self._changed:
            self._idle += 1
            try:
                self._changed.wait_for(lambda: self._waiting or self._closed, IDLE_SECONDS)
                if self._waiting and not self._closed:
                    return self._waiting.popleft()
                # Nobody submits to this thread any more.
                self._threads.discard(threading.current_thread())
                return None
            finally:
                self._idle -= 1

    def _run(self, engine: Engine, execution: Execution) -> None:
        if execution.is_over:
            return
        try:
            engine.start()
        except ArtifactError as e:
            self._finished(execution, _failure(f"{e.message}; {e.hint}"))
            return
        with self._changed:
            if self._closed:
                return
            self._running[execution.id] = engine
        try:
            if self._started(execution):
                self._finished(execution, engine.run(execution))
        finally:
            with self._changed:
                del self._running[execution.id]


class Engine:
    """One process, started when it is first needed and again after each end."""

    def __init__(self, account: str, region: str) -> None:
        self._place = (account, region)
        self._process: processes.ManagedProcess | None = None
        self._folder: Path | None = None
        self._pipe = -1
        self._doomed = False
        self._answers: queue.SimpleQueue[Document] = queue.SimpleQueue()

    def start(self) -> None:
        """Have a process.

        Raises:
            ArtifactError: its packages cannot be had
        """
        alive = self._process is not None and self._process.returncode is None
        if alive and not self._doomed:
            return
        self.end()
        self._doomed = False
        found = packages.ENGINE.fetched(LOG.info)
        folder = Path(tempfile.mkdtemp(prefix="athena-"))
        pipe = folder / "jobs"
        os.mkfifo(pipe, 0o600)
        self._pipe = os.open(pipe, os.O_RDWR)
        self._folder, self._answers = folder, queue.SimpleQueue()
        environment = processes.clean_environment(
            *self._place, folder, {"PYTHONPATH": str(found)}, what="A query's engine"
        )
        command = [sys.executable, "-m", "lakestack.services.athena.engine", str(pipe), str(folder)]
        self._process = processes.ManagedProcess(
            command, env=environment, cwd=folder, on_line=self._heard, name="athena engine"
        )

    def run(self, execution: Execution) -> Document:
        """Run an execution and wait for its outcome."""
        job = {
            "id": execution.id,
            "sql": execution.query,
            # Clients put it in backticks before Hive's statements.
            "database": execution.context.get("Database", "default").strip("`").lower(),
            "work_group": execution.work_group,
            "prefix": execution.prefix,
            "parameters": execution.parameters,
            "cutoff": execution.cutoff,
        }
        _write_all(self._pipe, (json.dumps(job) + "\n").encode())
        deadline = clock.steady() + LIMIT_SECONDS
        while clock.steady() < deadline:
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=POLL_SECONDS)
                if answer.get("id") == execution.id:
                    return answer
            if self._process is None or self._process.returncode is not None:
                with contextlib.suppress(queue.Empty):
                    return self._answers.get_nowait()
                return _failure("the query's process has ended; it may have run out of memory")
        self.kill_soon()
        return {**_failure("Query timeout"), "reason": "Query timeout"}

    def kill_soon(self) -> None:
        """Kill the process, without waiting for its end."""
        process, self._doomed = self._process, True
        if process is not None:
            threading.Thread(target=process.kill, name="kill-athena-engine", daemon=True).start()

    def end(self) -> None:
        """Kill the process and delete its files."""
        if self._process is not None:
            self._process.kill()
            self._process = None
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _heard(self, line: str) -> None:
        if line.startswith(MARK):
            self._answers.put(json.loads(line.removeprefix(MARK)))
        else:
            LOG.info("athena engine: %s", line)


def _write_all(pipe: int, data: bytes) -> None:
    while data:
        data = data[os.write(pipe, data) :]


def _failure(what: str) -> Document:
    reason = f"GENERIC_INTERNAL_ERROR: {what}"
    error = {"ErrorCategory": 1, "ErrorType": 100, "Retryable": False, "ErrorMessage": reason}
    return {"state": FAILED, "reason": reason, "error": error}
