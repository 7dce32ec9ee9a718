"""One shard of an event source mapping: read, batch, invoke, retry, in order.

The same for streams of Kinesis and of DynamoDB.

AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams",
sections on batching and on error handling.
"""

from __future__ import annotations

import itertools
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
from lakestack.services.lambda_ import tumbling_window
from lakestack.services.lambda_.kinesis_batches import (
    MAX_PAYLOAD_BYTES,
    Event,
    EventSource,
    KinesisEvents,
    first_failed,
    fitting,
    in_lanes,
    sequence_of,
)

LOG = logging.getLogger(__name__)

FIRST_BACKOFF, MAX_BACKOFF = 0.1, 5.0
"""Seconds between two attempts, doubled each time (our guess)."""

GATHER_SECONDS = 0.05
"""How long is waited for more when the first record comes, so that records that are put one after
another share a batch; AWS reads a shard once a second."""

LOOK_SECONDS = 1.0
"""How often a shard is looked at in which nothing comes: the wall clock may be set."""


@dataclass(frozen=True)
class MappingSettings:
    """What the mapping was configured with; -1 means without limit.

    Args:
        lanes: ParallelizationFactor: batches of one shard at a time, by partition key
        window: seconds to wait for a full batch
        max_age: seconds since arrival after which a record is given up
        tumbling: seconds of a tumbling window; 0 for none
    """

    batch_size: int = 100
    lanes: int = 1
    window: float = 0
    max_retries: int = -1
    max_age: float = -1
    bisect: bool = False
    report_failures: bool = False
    tumbling: float = 0


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

    def invoke(self, events: list[Event], window: dict[str, Any] | None = None) -> Outcome:
        """Invoke the function; raises what has nothing to do with the records.

        Args:
            window: what it gets beside them (`tumbling_window.payload`)
        """
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
        source: what makes events of records
        on_age: told the age of a batch's last record, in seconds, when it is sent
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
        source: EventSource = KinesisEvents(""),  # noqa: B008 - it has no state
        on_age: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._shard, self._position = shard, position
        self._settings, self._target, self._stopping = settings, target, stopping
        self._clock, self._retention = clock, retention
        self._deleted = deleted
        self._source, self._on_age = source, on_age

    def run(self) -> None:
        """Process records until the end; two consumers of a shard take turns.

        Who sets `stopping` wakes the position, too.
        """
        with self._position.lock, self._shard.changed.wakes(self._position.woken):
            faults.keep_running(self._work, f"consumer of {self._shard.id}", self._stopping)

    def _told_to_stop(self) -> bool:
        return self._stopping.is_set() or self._position.abandoned

    def _work(self) -> None:
        while not self._told_to_stop() and not self._position.ended:
            batch = self._collect()
            if batch and self._settings.tumbling:
                self._process_in_windows(batch)
            elif batch:
                self.process(batch)
            elif self._window_is_over() or (self._position.window and self._position.ended):
                self._close_window()

    def process(self, records: list[Record]) -> None:
        """Deliver one batch, and move the position behind what is done with."""
        lanes = in_lanes(records, self._settings.lanes, self._source.lane_key)
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
            count = fitting(records[: self._settings.batch_size], size_of=self._source.size)
            batch, records = records[:count], records[count:]
            events = self._target.prepare([self._source.event(r, self._shard.id) for r in batch])
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
        while True:
            self._position.woken.clear()  # before looking: what comes from here on wakes
            if self._told_to_stop():
                return []
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
            count = fitting(batch, room, self._source.size)
            full = count < len(batch) or len(batch) >= wanted
            waited = began is not None and clocks.steady() - began >= settings.window
            last = page.at_end or (last and not page.records)
            if full or waited or (last and batch):
                return batch[:count]
            if last:
                self._position.ended = True
                return []
            if not batch and self._window_is_over():
                return []
            left = LOOK_SECONDS
            if began is not None:
                left = min(left, settings.window - (clocks.steady() - began))
            elif window := self._position.window:
                now = self._clock().wall
                left = min(left, tumbling_window.left(window, now, settings.tumbling))
            if self._position.woken.wait(max(0.0, left)):
                self._stopping.wait(GATHER_SECONDS)

    def _deliver(self, events: list[Event], attempts: int, stored: Mapping[int, float]) -> bool:
        """Bring events to a conclusion, one way or the other; False if told to stop before.

        Args:
            attempts: invocations already spent on these events
            stored: when each record came, by sequence number, on the steady clock
        """
        delay = FIRST_BACKOFF
        while True:
            events = self._without_expired(events, attempts, stored)
            if not events:
                return True
            if self._told_to_stop():
                return False
            try:
                self._on_age(self._clock().steady - stored[sequence_of(events[-1])])
                outcome = self._invoke(events)
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
        done: int | None = len(events)
        if self._settings.report_failures:
            done = first_failed(events, outcome.answer)
        if self._position.window is not None:
            state = tumbling_window.state_of(outcome.answer)
            if state is None:
                return 0
            if done:
                self._position.window["state"] = state
        return done or 0

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

    def _invoke(self, events: list[Event]) -> Outcome:
        if self._position.window is None:
            return self._target.invoke(events)
        return self._target.invoke(events, self._payload(final=False, early=False))

    def _payload(self, *, final: bool, early: bool) -> dict[str, Any]:
        window = self._position.window or {}
        shard = self._source.shard_name(self._shard.id)
        return tumbling_window.payload(
            window, self._settings.tumbling, shard, final=final, early=early
        )

    def _process_in_windows(self, records: list[Record]) -> None:
        """Deliver a batch, each window's records with its state."""
        seconds, position = self._settings.tumbling, self._position
        for start, found in itertools.groupby(records, lambda r: r.arrival // seconds):
            group = list(found)
            window = position.window
            over = window and not tumbling_window.covers(window, start * seconds, seconds)
            if over and not self._close_window():
                return
            if position.window is None:
                position.window = tumbling_window.opened(group[0].arrival, seconds)
            if not self._lane(group):
                return
            position.sequence = group[-1].sequence
            if tumbling_window.is_too_large(position.window) and not self._close_window(early=True):
                return

    def _window_is_over(self) -> bool:
        window = self._position.window
        now = self._clock().wall
        return window is not None and not tumbling_window.covers(
            window, now, self._settings.tumbling
        )

    def _close_window(self, *, early: bool = False) -> bool:
        """Send the state for the last time; False if told to stop before the function had it."""
        attempts, delay = 0, FIRST_BACKOFF
        while not self._told_to_stop():
            try:
                outcome = self._target.invoke([], self._payload(final=True, early=early))
            except Exception as e:  # throttled, function gone: no attempt was made
                LOG.warning("%s: the function could not be invoked: %s", self._shard.id, e)
            else:
                attempts += 1
                if not outcome.error or 0 <= self._settings.max_retries < attempts:
                    if outcome.error:
                        LOG.error("%s: the state of a window is given up", self._shard.id)
                    self._position.window = None
                    return True
            self._stopping.wait(delay)
            delay = min(delay * 2, MAX_BACKOFF)
        return False
