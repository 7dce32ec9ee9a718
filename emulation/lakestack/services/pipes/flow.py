"""What runs for a pipe: its source, in a thread, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from botocore.exceptions import ClientError
from localstack.aws.api import ServiceException

from lakestack.services import faults
from lakestack.services.pipes import kinds
from lakestack.services.pipes.pipe import Pipe
from lakestack.services.pipes.queue_source import QueueSource
from lakestack.services.pipes.state import PipesState
from lakestack.services.pipes.stream_source import StreamSource

LOG = logging.getLogger(__name__)
PAUSE = 1.0
"""Seconds until it is looked again for a source that is gone."""


class Flow:
    """A pipe's source and the thread that drives it.

    Args:
        disable: disables the pipe, for a reason; does not wait
    """

    def __init__(self, state: PipesState, pipe: Pipe, disable: Callable[[str], None]) -> None:
        self._state, self._pipe = state, pipe
        self._stopping = threading.Event()
        kind = kinds.kind_of(pipe.request["Source"], kinds.SOURCES)
        make = QueueSource if kind is kinds.SQS else StreamSource
        self._source: QueueSource | StreamSource = make(state, pipe, self._stopping, disable)
        self._thread = threading.Thread(target=self._run, name=f"pipe-{pipe.name}", daemon=True)

    def open(self) -> None:
        """Find the source.

        Raises:
            ClientError: it is not there
            ServiceException: the same
        """
        self._source.open()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Tell it to end; does not wait."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Wait for the batches under way; whether they have ended within so many seconds."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        name = self._pipe.name
        faults.keep_running(self._work, f"pipe {name}", self._stopping)
        self._source.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._source.work()
            except (ClientError, ServiceException) as e:
                self._note(str(e))
                self._stopping.wait(PAUSE)
                continue
            return

    def _note(self, reason: str) -> None:
        """Show, once, that the source cannot be read; it is looked for again."""
        with self._state.lock:
            if self._pipe.reason != reason and not self._stopping.is_set():
                LOG.warning("pipe %s: its source cannot be read: %s", self._pipe.name, reason)
                self._pipe.reason = reason
