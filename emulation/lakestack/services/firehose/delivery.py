"""The thread behind a delivery stream: reads its source, buffers, writes objects, retries."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from lakestack import clock
from lakestack.services import faults
from lakestack.services.firehose.buffer import Batch, Buffer, BufferingHints
from lakestack.services.firehose.source import Records, Source

LOG = logging.getLogger(__name__)

Write = Callable[[Batch], None]
"""Writes one object; raises whatever the destination answers."""

Report = Callable[[str], None]
"""Takes one line about a delivery that failed."""

FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0
FINAL_ATTEMPTS = 3
_LOOK_SECONDS = 1.0  # so often changed hints are noticed


class Delivery:
    """Moves every record of a source into objects, each record into exactly one.

    While the destination fails, the batch is kept and tried again with growing pauses and nothing
    more is read. At the end (`stop`) what is pending is written at once, with `FINAL_ATTEMPTS`
    attempts; what then cannot be written is reported with its number of records and bytes.

    Args:
        name: delivery stream name, for messages
    """

    def __init__(
        self, name: str, source: Source, hints: BufferingHints, write: Write, report: Report
    ) -> None:
        self.name, self.source = name, source
        self._buffer = Buffer(hints)
        self._write, self._report = write, report
        self._stopping = threading.Event()
        self._stopped_at = 0.0
        self._gave_up = False
        self._dropping = False
        self._moving = threading.Lock()
        self._in_hand: deque[Batch] = deque()
        self._thread = threading.Thread(target=self._run, name=f"firehose-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def change_hints(self, hints: BufferingHints) -> None:
        """Buffer by other hints from now on; what is buffered follows them too."""
        self._buffer.hints = hints

    def stop(self) -> None:
        """Begin to write what is pending and end; returns at once."""
        self._stopped_at = clock.steady()
        self._stopping.set()
        self.source.wake()

    def drop(self) -> None:
        """From now on write nothing more: the emulator is emptied, and what is pending with it."""
        self._dropping = True

    def snapshot(self, name: Callable[[Batch], str]) -> dict[str, Any]:
        """What is pending and how far the source was read, as plain data.

        Args:
            name: names the object of a batch, which is then written under no other name
        """
        with self._moving:
            pending = self._buffer.pending
            for batch in (*self._in_hand, *([pending] if pending else [])):
                batch.key = batch.key or name(batch)
            return {
                "full": [batch.snapshot() for batch in self._in_hand],
                "open": pending.snapshot() if pending else None,
                "source": self.source.snapshot(),
            }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take over what `snapshot` gave, but for the source, before the start."""
        self._in_hand.extend(Batch.restored(each) for each in saved["full"])
        if saved["open"]:
            self._buffer.restore(Batch.restored(saved["open"]))

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it came."""
        if self._thread.ident is not None:  # one of a snapshot that could not be loaded
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        faults.keep_running(self._move, f"delivery stream {self.name}", self._stopping)

    def _move(self) -> None:
        self._deliver_all()
        while not self._stopping.is_set():
            self._step()
        self._finish()

    def _step(self) -> None:
        # Asked before reading: what came in until the end is then in this read or a later one.
        ended = self.source.ended
        records = self._read()
        self._deliver_all()
        due = self._buffer.due_in(clock.steady())
        ended = ended and not records
        if due == 0 or ended:
            self._take()
            self._deliver_all()
        if not records:
            self.source.wait(_LOOK_SECONDS if due is None else min(due, _LOOK_SECONDS))

    def _finish(self) -> None:
        while self._read():
            self._deliver_all()
            if self.source.reached > self._stopped_at:
                break  # a producer that goes on must not keep the stream alive
        self._take()
        self._deliver_all()

    def _read(self) -> Records:
        """Move what has come into batches; what is full is then in hand."""
        with self._moving:
            records = self.source.read()
            self._in_hand.extend(self._buffer.add(records, now=clock.steady()))
        return records

    def _take(self) -> None:
        with self._moving:
            if (batch := self._buffer.take()) is not None:
                self._in_hand.append(batch)

    def _deliver_all(self) -> None:
        """Write what is in hand; each stays there until it is written or given up."""
        while self._in_hand:
            self._deliver(self._in_hand[0])
            with self._moving:
                self._in_hand.popleft()

    def _deliver(self, batch: Batch) -> None:
        if self._dropping:
            LOG.info("delivery stream %s: reset, %d records dropped", self.name, len(batch))
            return
        attempts, final, pause = 0, 0, FIRST_RETRY_SECONDS
        while True:
            attempts += 1
            try:
                self._write(batch)
                return
            except Exception as e:  # S3 may answer anything: every failure is retried
                text = f"attempt {attempts} to deliver {len(batch)} records failed: {e}"
                LOG.warning("delivery stream %s: %s", self.name, text)
                self._report(text)
            if self._dropping:
                return
            if self._stopping.is_set():
                final += 1
                if self._gave_up or final >= FINAL_ATTEMPTS:
                    self._lose(batch)
                    return
                time.sleep(FIRST_RETRY_SECONDS)
            else:
                self._stopping.wait(pause)
                pause = min(2 * pause, LONGEST_RETRY_SECONDS)

    def _lose(self, batch: Batch) -> None:
        self._gave_up = True
        text = (
            f"{len(batch)} records ({batch.size} bytes) were not delivered before "
            "the delivery stream ended"
        )
        LOG.error("delivery stream %s: %s", self.name, text)
        self._report(text)
