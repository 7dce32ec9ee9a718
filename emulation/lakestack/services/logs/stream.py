"""CloudWatch Logs as the services write them: one stream per job, batched PutLogEvents."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from botocore.exceptions import ClientError

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.logs.batches import MAX_EVENTS, LogEvent, batches, messages

LOG = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5
MAX_LOG_BYTES = 64 << 20


class LogStream:
    """A log stream that creates its group, keeps order and flushes at least twice a second.

    Safe to write from several threads. Closing flushes; a closed stream refuses lines.

    Args:
        group: log group name, for example ``/aws-glue/jobs/output``
        stream: log stream name, for example the job run id
    """

    def __init__(self, account: str, region: str, group: str, stream: str) -> None:
        self.group, self.stream = group, stream
        self._logs = client(account, region, "logs")
        self._lock = threading.Lock()
        self._send_lock = threading.Lock()
        self._events: list[LogEvent] = []
        self._closed = threading.Event()
        self._create()
        self._flusher = threading.Thread(target=self._flush_often, name=f"logs-{stream}")
        self._flusher.daemon = True
        self._flusher.start()

    def write(self, text: str) -> None:
        """Append text; each line of it becomes one event, stamped now (milliseconds)."""
        now = clock.wall_ms()
        events: list[LogEvent] = [{"timestamp": now, "message": part} for part in messages(text)]
        with self._lock:
            if self._closed.is_set():
                raise ValueError(f"log stream {self.stream} is closed")
            self._events.extend(events)
            full = len(self._events) >= MAX_EVENTS
        if full:  # whoever writes faster than that waits here, and memory stays bounded
            self.flush()

    def flush(self) -> None:
        """Send what is pending now."""
        with self._send_lock:
            with self._lock:
                events, self._events = self._events, []
            for batch in batches(events):
                self._put(batch)

    def close(self) -> None:
        """Flush and end; calling it again does nothing."""
        with self._lock:
            already = self._closed.is_set()
            self._closed.set()
        if not already:
            self._flusher.join()
            self.flush()

    def __enter__(self) -> LogStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, batch: list[LogEvent]) -> None:
        names = {"logGroupName": self.group, "logStreamName": self.stream}
        try:
            try:
                self._logs.put_log_events(**names, logEvents=batch)
            except self._logs.exceptions.ResourceNotFoundException:
                self._create()  # somebody deleted the group while the job runs
                self._logs.put_log_events(**names, logEvents=batch)
        except Exception:  # a job must not fail for its log, but the loss is said
            LOG.exception("%d events of %s are lost", len(batch), names)

    def _create(self) -> None:
        for create, names in (
            (self._logs.create_log_group, {"logGroupName": self.group}),
            (
                self._logs.create_log_stream,
                {"logGroupName": self.group, "logStreamName": self.stream},
            ),
        ):
            try:
                create(**names)
            except ClientError as e:
                if e.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise

    def _flush_often(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            self.flush()


class BoundedLog:
    """A log stream that ends with a notice after `MAX_LOG_BYTES`.

    The emulator keeps its logs in memory, and a script that prints forever must not take it down.
    """

    def __init__(self, log: LogStream) -> None:
        self._log, self._left = log, MAX_LOG_BYTES

    def write(self, line: str) -> None:
        """Append a line, while there is space."""
        if self._left <= 0:
            return
        self._left -= len(line) + 1
        self._log.write(line)
        if self._left <= 0:
            self._log.write(f"(the emulator keeps no more than {MAX_LOG_BYTES} bytes of this log)")
