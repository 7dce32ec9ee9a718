"""One shard of an event source mapping: read, batch, invoke, retry, in order.

AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams",
sections on batching and on error handling.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lakestack import clock as clocks
from lakestack.clock import Moment
from lakestack.services import faults
from lakestack.services.kinesis.reader import Position
from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.shard import Shard
from lakestack.services.lambda_.kinesis_batches import (
    MAX_PAYLOAD_BYTES,
    Event,
    event_of,
    first_failed,
    fitting,
    in_lanes,
    sequence_of,
)

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 0.1
MAX_BACKOFF = 5.0


@dataclass(frozen=True)
class MappingSettings:
    """What the mapping was configured with; -1 means without limit.

    Args:
        lanes: ParallelizationFactor: batches of one shard at a time, by partition key
        window: seconds to wait for a full batch
        max_age: seconds since arrival after which a record is given up
    """

    batch_size: int = 100
    lanes: int = 1
    window: float = 0
    max_retries: int = -1
    max_age: float = -1
    bisect: bool = False
    report_failures: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation.

    Args:
        error: FunctionError, None if the function returned
        answer: what it returned
    """

    error: str | None
    answer: Any = None
    request_id: str = ""
    version: str = "$LATEST"


@dataclass(frozen=True)
class GivenUp:
    """Records that no further attempt is made for.

    Args:
        condition: AWS's name for why
        outcome: of the last invocation, None if there was none
    """

    condition: str
    events: list[Event]
    attempts: int
    outcome: Outcome | None


class Target(Protocol):
    """What a consumer delivers to."""

    def prepare(self, events: list[Event]) -> list[Event]:
        """Filter the events and add the source's metadata."""
        ...

    def invoke(self, events: list[Event]) -> Outcome:
        """Invoke the function; raises what has nothing to do with the records."""
        ...

    def give_up(self, shard_id: str, given_up: GivenUp) -> None:
        """Send what failed to the on-failure destination."""
        ...


class ShardConsumer:
    """Processes one shard until it is told to stop or the closed shard is read to its end.

    Args:
        clock: the stream's clock
        retention: the stream's retention, seconds
        deleted: whether the stream was deleted: then the shard ends with its last record
    """

    def __init__(
        self,
        shard: Shard,
        position: Position,
        settings: MappingSettings,
        target: Target,
        stopping: threading.Event,
        *,
        clock: Callable[[], Moment] = clocks.moment,
        retention: Callable[[], float] = lambda: 86_400.0,
        deleted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._shard, self._position = shard, position
        self._settings, self._target, self._stopping = settings, target, stopping
        self._clock, self._retention = clock, retention
        self._deleted = deleted

    def run(self) -> None:
        """Process records until the end; two consumers of a shard take turns."""
        with self._position.lock:
            faults.keep_running(self._work, f"consumer of {self._shard.id}", self._stopping)

    def _told_to_stop(self) -> bool:
        return self._stopping.is_set() or self._position.abandoned

    def _work(self) -> None:
        while not self._told_to_stop() and not self._position.ended:
            batch = self._collect()
            if batch:
                self.process(batch)

    def process(self, records: list[Record]) -> None:
        """Deliver one batch, and move the position behind what is done with."""
        lanes = in_lanes(records, self._settings.lanes)
        done: list[bool] = []

        def deliver(lane: list[Record]) -> None:
            try:
                done.append(self._lane(lane))
            except Exception:  # a thread has no caller; `process` finds one answer too few
                LOG.exception("a lane of %s failed", self._shard.id)

        threads = [
            threading.Thread(target=deliver, args=(lane,), daemon=True) for lane in lanes[1:]
        ]
        for thread in threads:
            thread.start()
        done.append(self._lane(lanes[0]))
        for thread in threads:
            thread.join()
        if len(done) < len(lanes):  # the position stays: all of them are tried again
            raise RuntimeError(f"{len(lanes) - len(done)} of {len(lanes)} lanes failed")
        if all(done):
            self._position.sequence = records[-1].sequence

    def _lane(self, records: list[Record]) -> bool:
        """Deliver records of one lane in order; False if told to stop before the end."""
        while records:
            count = fitting(records[: self._settings.batch_size])
            batch, records = records[:count], records[count:]
            events = self._target.prepare([event_of(r, self._shard.id) for r in batch])
            if not self._deliver(events, 0, {r.sequence: r.stored for r in batch}):
                return False
        return True

    def _reached(self, event: Event) -> None:
        # Several lanes leave gaps behind them: with those, only a whole round moves the position.
        if self._settings.lanes == 1:
            self._position.sequence = sequence_of(event)

    def _collect(self) -> list[Record]:
        """Return the next batch, or a round of them for all lanes; empty if there is none yet."""
        settings, batch, position = self._settings, list[Record](), self._position.sequence
        wanted = settings.batch_size * settings.lanes
        room = MAX_PAYLOAD_BYTES * settings.lanes
        began: float | None = None
        while not self._told_to_stop():
            last = self._deleted()  # asked before reading: nothing comes after that
            page = self._shard.read(
                position,
                now=self._clock(),
                retention=self._retention(),
                limit=wanted - len(batch),
            )
            position = page.position
            if page.expired:
                LOG.error(
                    "%s: %d records outlived the stream's retention before the mapping read them",
                    *(self._shard.id, page.expired),
                )
            batch += page.records
            if batch and began is None:
                began = clocks.steady()
            count = fitting(batch, room)
            full = count < len(batch) or len(batch) >= wanted
            waited = began is not None and clocks.steady() - began >= settings.window
            last = page.at_end or (last and not page.records)
            if full or waited or (last and batch):
                return batch[:count]
            if last:
                self._position.ended = True
                return []
            self._stopping.wait(IDLE_SECONDS)
        return []

    def _deliver(self, events: list[Event], attempts: int, stored: Mapping[int, float]) -> bool:
        """Bring events to a conclusion, one way or the other; False if told to stop before.

        Args:
            attempts: invocations already spent on these events
            stored: when each record came, by sequence number, on the steady clock
        """
        delay = IDLE_SECONDS
        while True:
            events = self._without_expired(events, attempts, stored)
            if not events:
                return True
            if self._told_to_stop():
                return False
            try:
                outcome = self._target.invoke(events)
            except Exception as e:  # throttled, function gone: no attempt was made
                LOG.warning("%s: the function could not be invoked: %s", self._shard.id, e)
                failed: int | None = 0
            else:
                attempts += 1
                failed = self._failed(outcome, events)
                if failed == len(events):
                    return True
                if failed:
                    self._reached(events[failed - 1])
                    events = events[failed:]
                elif self._settings.bisect and len(events) > 1:
                    # Splitting a batch does not count towards the retry quota.
                    half = len(events) // 2
                    if not self._deliver(events[:half], attempts - 1, stored):
                        return False
                    self._reached(events[half - 1])
                    return self._deliver(events[half:], attempts - 1, stored)
                if 0 <= self._settings.max_retries < attempts:
                    self._target.give_up(
                        self._shard.id,
                        GivenUp("RetryAttemptsExhausted", events, attempts, outcome),
                    )
                    return True
            self._stopping.wait(delay)
            delay = min(delay * 2, MAX_BACKOFF)

    def _failed(self, outcome: Outcome, events: list[Event]) -> int:
        """Index of the first event to deliver again; ``len(events)`` if all went well."""
        if outcome.error:
            return 0
        if not self._settings.report_failures:
            return len(events)
        return first_failed(events, outcome.answer) or 0

    def _without_expired(
        self, events: list[Event], attempts: int, stored: Mapping[int, float]
    ) -> list[Event]:
        limit = self._settings.max_age
        horizon = self._clock().steady - (limit if limit > 0 else self._retention())
        fresh = [e for e in events if stored[sequence_of(e)] >= horizon]
        if len(fresh) < len(events):
            old = events[: len(events) - len(fresh)]
            self._target.give_up(self._shard.id, GivenUp("RecordAgeExceeded", old, attempts, None))
        return fresh
