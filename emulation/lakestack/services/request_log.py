"""The log's line for each request: written by one thread, some together.

LocalStack 4.9.2 formats and writes it in the thread that answers, under the one lock of the log:
with four clients a third of the time of a small request went there. The lines are the same. When
the log's level is DEBUG, LocalStack's own logger writes them, with all that it adds.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import datetime
from typing import Any, NamedTuple

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.logging.format import LOG_DATE_FORMAT, LOG_FORMAT, AddFormattedAttributes

from lakestack import clock
from lakestack.services.batches import Batches

BATCH_SECONDS = 0.1
"""Lines wait no longer than this, nor for other lines of the log: those come after them."""
_SILENT = frozenset({"/health", "/_localstack/health"})


class Line(NamedTuple):
    """A line that is to be written.

    Attributes:
        name: of the logger
        moment: Unix seconds
    """

    name: str
    moment: float
    thread: str
    message: str


class RequestLog:
    """In the place of LocalStack's handler of responses.

    Args:
        original: LocalStack's
    """

    def __init__(self, original: Any) -> None:
        self._original = original
        names = ("aws", "http", "internal.aws", "internal.http")
        self._loggers = {name: logging.getLogger(f"localstack.request.{name}") for name in names}

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Note the request, if anybody wants to know."""
        kind = "aws" if context.operation else "http"
        logger = self._loggers[f"internal.{kind}" if context.is_internal_call else kind]
        if not logger.isEnabledFor(logging.INFO):
            return
        if logger.isEnabledFor(logging.DEBUG):
            self._original(chain, context, response)
        elif context.request.path not in _SILENT:
            WRITER.add(logger.name, _message(context, response))


def _message(context: RequestContext, response: Response) -> str:
    if not context.operation or not context.service:
        return f"{context.request.method} {context.request.path} => {response.status_code}"
    called = f"AWS {context.service.service_name}.{context.operation.name}"
    if context.service_exception:
        return f"{called} => {response.status_code} ({context.service_exception.code})"
    return f"{called} => {response.status_code}"


class Writer:
    """Keeps lines for a moment, and writes them to the log's handlers."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._writing = threading.RLock()
        self._watched: set[int] = set()
        self._names = AddFormattedAttributes()
        self._batches = Batches("request-log", BATCH_SECONDS, self._write_if_possible)

    def add(self, name: str, message: str) -> None:
        """Take a line."""
        self._lines.append(
            Line(name, clock.moment().wall, threading.current_thread().name, message)
        )
        self._batches.note()

    def write(self) -> None:
        """Write what has been taken so far."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if not lines:
                return
            for handler in logging.root.handlers:
                self._watch(handler)
                if isinstance(handler, logging.StreamHandler):
                    self._write_to(handler, lines)

    def _write_to(self, handler: Any, lines: list[Line]) -> None:
        text = "".join(map(self._formatted, lines))
        handler.acquire()
        try:
            handler.stream.write(text)
            handler.flush()
        finally:
            handler.release()

    def _formatted(self, line: Line) -> str:
        values = {
            "asctime": datetime.fromtimestamp(line.moment).strftime(LOG_DATE_FORMAT),
            "msecs": int(line.moment % 1 * 1000),
            "ls_level": "INFO",
            "ls_thread": line.thread[-self._names.max_thread_len :],
            "ls_name": self._names._get_compressed_logger_name(line.name),
            "message": line.message,
        }
        return f"{LOG_FORMAT % values}\n"

    def _watch(self, handler: logging.Handler) -> None:
        """Let a handler's other records come after the lines that were taken before them."""
        if id(handler) not in self._watched:
            self._watched.add(id(handler))
            handler.addFilter(lambda _record: self.write() or True)  # type: ignore[func-returns-value]

    def _write_if_possible(self) -> None:
        try:
            self.write()
        except (OSError, ValueError):  # a full disk, or the log has been closed
            logging.getLogger(__name__).debug("the log could not be written", exc_info=True)


WRITER = Writer()
