"""The driver of an interactive session: runs the statements that the emulator sends, one by one.

The emulator listens on a port of loopback, which LAKE_SESSION_CHANNEL names together with a word
that only this session knows (``port:word``). Both sides write JSON documents, one in a line.

from here      ``{"hello": word}``, ``{"ready": true}``, and for each statement ``{"done": id,
               "text": …, "error": {"name", "value", "traceback"} or null, "cancelled": bool}``
to here        ``{"run": id, "code": …}`` and ``{"cancel": id}``

As in AWS's sessions ``spark`` and ``sc`` are there before the first statement. A statement's text
is what it prints and, as in Python's own prompt, the value of its last expression.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import os
import queue
import signal
import socket
import sys
import threading
import traceback
import types
from dataclasses import dataclass
from typing import Any

CHANNEL_VARIABLE = "LAKE_SESSION_CHANNEL"
INTERRUPT_SECONDS = 2.0
"""How long a statement whose Spark jobs are cancelled may take, before a signal ends it."""

MOST_TEXT = 1 << 20
"""Characters of a statement's text, its error and its traceback that are kept: our choice."""


class Text(io.StringIO):
    """What a statement prints, up to `MOST_TEXT` characters and a notice."""

    def write(self, text: str) -> int:
        """Take text, as long as there is space."""
        left = MOST_TEXT - self.tell()
        if left > 0:
            super().write(text[:left])
            if len(text) >= left:
                super().write(f"\n(no more than {MOST_TEXT} characters of an output are kept)\n")
        return len(text)


@dataclass(frozen=True)
class Outcome:
    """What came of a statement.

    Attributes:
        text: what it printed, and its value
        error: ``name``, ``value`` and ``traceback`` (a list of lines), None where it succeeded
        cancelled: it was interrupted
    """

    text: str
    error: dict[str, Any] | None = None
    cancelled: bool = False


class Namespace:
    """The module in which all statements run."""

    def __init__(self, **names: Any) -> None:
        self.module = types.ModuleType("__main__")
        self.module.__dict__.update(names)

    def run(self, code: str, number: int) -> Outcome:
        """Run a statement.

        Args:
            code: Python
            number: of the statement, for tracebacks
        """
        name = f"<statement {number}>"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        printed = Text()
        try:
            with contextlib.redirect_stdout(printed):
                self._run(code, name)
        except KeyboardInterrupt:
            return Outcome(printed.getvalue(), cancelled=True)
        except BaseException as e:  # after sys.exit the session lives on, too
            return Outcome(printed.getvalue(), _described(e))
        return Outcome(printed.getvalue())

    def _run(self, code: str, name: str) -> None:
        names = self.module.__dict__
        body = ast.parse(code, name).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), name, "exec"), names)  # noqa: S102 - the user's own code
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), names)  # noqa: S307
            if value is not None:
                names["_"] = value
                print(repr(value))


def _described(e: BaseException) -> dict[str, Any]:
    frames = e.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next  # the statement's own frames alone
    lines = traceback.format_exception(type(e), e, frames)
    return {
        "name": type(e).__name__,
        "value": str(e)[:MOST_TEXT],
        "traceback": [line[:MOST_TEXT] for line in lines],
    }


class Driver:
    """The conversation with the emulator.

    Args:
        connection: to it
        word: that it expects
    """

    def __init__(self, connection: socket.socket, word: str) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._running: int | None = None
        self._cancelled: int | None = None
        self._ended = threading.Event()
        self._asked: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="session-reader", daemon=True)
        self.say({"hello": word})

    def say(self, document: dict[str, Any]) -> None:
        """Write a document."""
        self._connection.sendall(json.dumps(document).encode() + b"\n")

    def work(self, namespace: Namespace) -> None:
        """Run statements until the emulator ends the conversation."""
        signal.signal(signal.SIGINT, _interrupt)  # after Spark has set its own
        self._reader.start()
        self.say({"ready": True})
        while True:
            try:
                asked = self._asked.get()
            except KeyboardInterrupt:  # came too late for its statement
                continue
            if asked is None:
                return
            self._one(namespace, asked)

    def _one(self, namespace: Namespace, asked: dict[str, Any]) -> None:
        number = asked["run"]
        outcome = Outcome("", cancelled=True)
        with contextlib.suppress(KeyboardInterrupt):  # one that comes between two of these lines
            with self._lock:
                self._running = number
                self._ended.clear()
            outcome = namespace.run(asked["code"], number)
        with contextlib.suppress(KeyboardInterrupt), self._lock:
            self._running = None
            self._ended.set()
        cancelled = outcome.cancelled or self._cancelled == number
        self.say(
            {
                "done": number,
                "text": outcome.text,
                "error": None if cancelled else outcome.error,
                "cancelled": cancelled,
            }
        )

    def _cancel(self, number: int) -> None:
        """End a statement: by its Spark jobs, or by a signal to Python where that is not enough."""
        with self._lock:
            if self._running != number:
                return
            self._cancelled = number
        _cancel_jobs()
        if self._ended.wait(INTERRUPT_SECONDS):
            return
        with self._lock:
            if self._running == number:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        _cancel_jobs()

    def _read(self) -> None:
        with self._connection.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                document = json.loads(line)
                if "run" in document:
                    self._asked.put(document)
                    continue
                self._cancel(document["cancel"])
        self._asked.put(None)
        os.kill(os.getpid(), signal.SIGTERM)  # a statement may still run, and nobody waits for it


def _interrupt(number: int, frame: object) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def _cancel_jobs() -> None:
    if "pyspark" in sys.modules:
        from pyspark import SparkContext

        context: Any = SparkContext
        if active := context._active_spark_context:
            active.cancelAllJobs()


def main() -> None:
    """Connect, start Spark, and run what comes."""
    port, _, word = os.environ.pop(CHANNEL_VARIABLE).partition(":")
    driver = Driver(socket.create_connection(("127.0.0.1", int(port))), word)
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    namespace = Namespace(spark=spark, sc=spark.sparkContext)
    sys.modules["__main__"] = namespace.module  # what statements define is pickled by value
    driver.work(namespace)


if __name__ == "__main__":
    main()
