"""The thread behind a delivery stream: reads its source, processes, buffers, writes, retries."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from lakestack import clock
from lakestack.services import faults
from lakestack.services.firehose.buffer import Batch, Buffer, BufferingHints, Outputs
from lakestack.services.firehose.records import TO_BACKUP, TO_DESTINATION, Placed, SourceRecord
from lakestack.services.firehose.source import Source

LOG = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0
FINAL_ATTEMPTS = 3
_LOOK_SECONDS = 1.0  # so often changed hints are noticed


class Course(Protocol):
    """What a delivery stream does with its records; asked at each step, for it may be updated."""

    @property
    def intake(self) -> BufferingHints | None:
        """What is collected before `process`; None where records are delivered as they come."""
        ...

    @property
    def backs_up(self) -> bool:
        """Whether the source records are delivered as well."""
        ...

    def hints(self, output: str) -> BufferingHints:
        """How an output is buffered."""
        ...

    def process(self, records: list[SourceRecord], patient: Callable[[], bool]) -> list[Placed]:
        """Turn source records into what is delivered; every one of them is accounted for.

        Args:
            patient: whether there is time to try again what failed
        """
        ...

    def full(self, record: SourceRecord) -> Placed:
        """Place a record for whose folder there is no space."""
        ...

    def write(self, batch: Batch) -> None:
        """Write one object; raises whatever the destination answers."""
        ...

    def redirect(self, batch: Batch, error: Exception, *, final: bool) -> bool:
        """After a failed attempt: whether the batch was made one of another output."""
        ...

    def name(self, batch: Batch) -> None:
        """Fix the names of a batch's objects."""
        ...

    def report(self, line: str) -> None:
        """Take one line about a delivery that failed."""
        ...

    def close(self) -> None:
        """End what runs for it; called when nothing more is delivered."""
        ...


class Delivery:
    """Moves every record of a source into objects, each record into exactly one.

    While the destination fails, the batch is kept and tried again with growing pauses and nothing
    more is read. At the end (`stop`) what is pending is written at once, with `FINAL_ATTEMPTS`
    attempts; what then cannot be written is reported with its number of records and bytes.

    Args:
        name: delivery stream name, for messages
    """

    def __init__(self, name: str, source: Source, course: Course) -> None:
        self.name, self.source, self._course = name, source, course
        self._intake = Buffer(BufferingHints())
        self._outputs = Outputs(course.hints, course.full)
        self._stopping = threading.Event()
        self._stopped_at = 0.0
        self._gave_up = False
        self._dropping = False
        self._moving = threading.Lock()
        self._to_process: deque[Batch] = deque()
        self._in_hand: deque[Batch] = deque()
        self._thread = threading.Thread(target=self._run, name=f"firehose-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin to write what is pending and end; returns at once."""
        self._stopped_at = clock.steady()
        self._stopping.set()
        self.source.wake()

    def drop(self) -> None:
        """From now on write nothing more: the emulator is emptied, and what is pending with it."""
        self._dropping = True

    def snapshot(self) -> dict[str, Any]:
        """What is pending and how far the source was read, as plain data.

        The objects of what is pending are named by it, and then written under no other name.
        """
        with self._moving:
            pending = self._outputs.pending
            for batch in (*self._in_hand, *pending):
                self._course.name(batch)
            return {
                "intake": [b.snapshot() for b in (*self._to_process, *self._intake.pending)],
                "full": [batch.snapshot() for batch in self._in_hand],
                "open": [batch.snapshot() for batch in pending],
                "source": self.source.snapshot(),
            }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take over what `snapshot` gave, but for the source, before the start."""
        self._to_process.extend(Batch.restored(each) for each in saved["intake"])
        self._in_hand.extend(Batch.restored(each) for each in saved["full"])
        for each in saved["open"]:
            self._outputs.restore(Batch.restored(each))

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
        self._course.close()

    def _move(self) -> None:
        self._work()
        while not self._stopping.is_set():
            self._step()
        self._finish()

    def _step(self) -> None:
        # Asked before reading: what came in until the end is then in this read or a later one.
        ended = self.source.ended
        read = self._read()
        self._work()
        ended = ended and not read
        now = clock.steady()
        self._take_intake(None if ended else now)
        self._work()
        self._take(None if ended else now)
        self._work()
        if not read:
            dues = (self._intake.due_in(now), self._outputs.due_in(now), _LOOK_SECONDS)
            self.source.wait(min(due for due in dues if due is not None))

    def _finish(self) -> None:
        while self._read():
            self._work()
            if self.source.reached > self._stopped_at:
                break  # a producer that goes on must not keep the stream alive
        self._take_intake(None)
        self._work()
        self._take(None)
        self._work()

    def _read(self) -> bool:
        """Move what has come into batches; what is full is then in hand. Whether anything came."""
        with self._moving:
            records, course, now = self.source.read(), self._course, clock.steady()
            if records and course.backs_up:
                self._in_hand.extend(self._outputs.add_all(records, TO_BACKUP, now=now))
            intake = course.intake
            if intake is None:
                added = self._outputs.add_all(records, TO_DESTINATION, now=now)
                self._in_hand.extend(added)
            else:
                self._intake.hints = intake
                self._to_process.extend(self._intake.add(records, now=now))
        return bool(records)

    def _take_intake(self, now: float | None) -> None:
        with self._moving:
            self._intake.hints = self._course.intake or BufferingHints(interval=0)
            self._to_process.extend(self._intake.take(now))

    def _take(self, now: float | None) -> None:
        with self._moving:
            self._in_hand.extend(self._outputs.take(now))

    def _work(self) -> None:
        """Process and write what is in hand; each stays there until it is done or given up."""
        while self._to_process or self._in_hand:
            while self._in_hand:
                self._deliver(self._in_hand[0])
                with self._moving:
                    self._outputs.delivered(self._in_hand.popleft().route)
            if self._to_process:
                self._process(self._to_process[0])

    def _process(self, batch: Batch) -> None:
        placed: list[Placed] = []
        if not self._dropping:
            placed = self._course.process(batch.records, lambda: not self._stopping.is_set())
        with self._moving:
            self._in_hand.extend(self._outputs.add(placed, now=clock.steady()))
            self._to_process.popleft()

    def _deliver(self, batch: Batch) -> None:
        if self._dropping:
            LOG.info("delivery stream %s: reset, %d records dropped", self.name, len(batch))
            return
        final, pause = 0, FIRST_RETRY_SECONDS
        while True:
            batch.attempts += 1
            try:
                self._course.write(batch)
                return
            except Exception as e:  # S3 may answer anything: every failure is retried
                text = f"attempt {batch.attempts} to deliver {len(batch)} records failed: {e}"
                LOG.warning("delivery stream %s: %s", self.name, text)
                self._course.report(text)
                error = e
            if self._dropping:
                return
            if batch.failing_since is None:
                batch.failing_since = clock.steady()
            if self._redirect(batch, error):
                pause = FIRST_RETRY_SECONDS
                continue
            if self._stopping.is_set():
                final += 1
                if self._gave_up or final >= FINAL_ATTEMPTS:
                    self._lose(batch)
                    return
                time.sleep(FIRST_RETRY_SECONDS)
            else:
                self._stopping.wait(pause)
                pause = min(2 * pause, LONGEST_RETRY_SECONDS)

    def _redirect(self, batch: Batch, error: Exception) -> bool:
        with self._moving:  # a snapshot sees the one or the other
            before = batch.route
            if not self._course.redirect(batch, error, final=self._stopping.is_set()):
                return False
            self._outputs.delivered(before)
            batch.attempts, batch.failing_since = 0, None
            batch.key = batch.failed_key = None
            return True

    def _lose(self, batch: Batch) -> None:
        self._gave_up = True
        text = (
            f"{len(batch)} records ({batch.size} bytes) were not delivered before "
            "the delivery stream ended"
        )
        LOG.error("delivery stream %s: %s", self.name, text)
        self._course.report(text)
