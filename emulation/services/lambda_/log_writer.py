"""Lambda's log groups: one thread that puts the lines of all functions into CloudWatch Logs."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emulation.services.base import client
from emulation.services.lambda_.output import Event

LOG = logging.getLogger(__name__)

# Amazon CloudWatch Logs API Reference, "PutLogEvents".
MAX_EVENTS = 10_000
MAX_BYTES = 1_048_576
EVENT_OVERHEAD = 26


@dataclass(frozen=True)
class LogTarget:
    """Where an environment's lines go."""

    account: str
    region: str
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
                for batch in batches(events):
                    write(target, batch)
            except Exception:
                LOG.exception("%d log lines of %s are lost", len(events), target.group)


def batches(events: list[Event]) -> list[list[Event]]:
    """Split lines into what one PutLogEvents takes."""
    found: list[list[Event]] = []
    room = 0
    for event in events:
        size = len(event[1].encode()) + EVENT_OVERHEAD
        if not found or size > room or len(found[-1]) == MAX_EVENTS:
            found.append([])
            room = MAX_BYTES
        found[-1].append(event)
        room -= size
    return found


def write(target: LogTarget, events: list[Event]) -> None:
    """Put one batch, making group and stream where they are missing."""
    logs = client(target.account, target.region, "logs")
    request: dict[str, Any] = {
        "logGroupName": target.group,
        "logStreamName": target.stream,
        "logEvents": [{"timestamp": stamp, "message": f"{text}\n"} for stamp, text in events],
    }
    try:
        logs.put_log_events(**request)
    except ClientError as e:
        if e.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        _create(logs.create_log_group, logGroupName=target.group)
        _create(logs.create_log_stream, logGroupName=target.group, logStreamName=target.stream)
        logs.put_log_events(**request)


def _create(operation: Any, **names: str) -> None:
    try:
        operation(**names)
    except ClientError as e:
        if e.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


WRITER = LogWriter()
