"""Lambda's log groups: one thread that puts the lines of all functions into CloudWatch Logs."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.lambda_.invocation.models import lambda_stores

from lakestack.services.base import client
from lakestack.services.lambda_.output import Event
from lakestack.services.lambda_.state import STORE
from lakestack.services.logs.batches import LogEvent, batches

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class LogTarget:
    """Where an environment's lines go."""

    account: str
    region: str
    function: str
    group: str
    stream: str


class LogWriter:
    """Accepts lines from any thread at once and writes them in order."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[LogTarget, list[Event]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, target: LogTarget, events: list[Event]) -> None:
        """Queue lines; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="lambda-log-writer", daemon=True
                )
                self._thread.start()
        self._queue.put((target, events))

    def _run(self) -> None:
        while True:
            target, events = self._queue.get()
            try:
                for batch in batches(
                    {"timestamp": t, "message": f"{line}\n"} for t, line in events
                ):
                    self._write(target, batch)
            except Exception:
                LOG.exception("%d log lines of %s are lost", len(events), target.group)

    def _write(self, target: LogTarget, batch: list[LogEvent]) -> None:
        """Put one batch, making group and stream where they are missing."""
        logs = client(target.account, target.region, "logs")
        state = STORE.get(target.account, target.region)
        names = {"logGroupName": target.group, "logStreamName": target.stream}
        request: dict[str, Any] = {**names, "logEvents": batch}
        if not _done(logs.put_log_events, **request):
            if not _done(logs.create_log_stream, **names):
                # The last lines of a function may come after the deletion of both, and must not
                # bring the group back.
                if target.group in state.log_groups and not _is_there(target):
                    return
                _done(logs.create_log_group, logGroupName=target.group)
                _done(logs.create_log_stream, **names)
            logs.put_log_events(**request)
        with state.lock:
            state.log_groups.add(target.group)


def _done(operation: Any, **arguments: Any) -> bool:
    """Call; False if what it needs is not there. What it makes may be there already."""
    try:
        operation(**arguments)
    except ClientError as e:
        code = e.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            return False
        if code != "ResourceAlreadyExistsException":
            raise
    return True


def _is_there(target: LogTarget) -> bool:
    return target.function in lambda_stores[target.account][target.region].functions


WRITER = LogWriter()
