"""Where a delivery stream's records come from: its own queue, or the shards of a Kinesis stream."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from lakestack import clock
from lakestack.clock import Moment
from lakestack.services.firehose.records import Origin, SourceRecord
from lakestack.services.kinesis.aggregation import MAGIC, deaggregated
from lakestack.services.kinesis.reader import Lineage, Position
from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.shard import Shard
from lakestack.services.kinesis.stream import Stream

LOG = logging.getLogger(__name__)

Records = list[SourceRecord]

MAX_QUEUED_BYTES = 256 * 1024 * 1024
_READ_RECORDS = 10_000
_POLL_SECONDS = 0.2


class Source(Protocol):
    """What the delivery thread reads."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come once `read` returns nothing."""
        ...

    @property
    def reached(self) -> float:
        """When the first record of the last read arrived, in seconds of the steady clock."""
        ...

    def read(self) -> Records:
        """Return the next records, at most about 10 MiB; empty when there are none now."""
        ...

    def wait(self, timeout: float) -> None:
        """Return when there may be records, at the latest after `timeout` seconds."""
        ...

    def wake(self) -> None:
        """Make a present or later `wait` return at once."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """What is not read yet, or how far it is read, as plain data."""
        ...

    def restore(self, saved: dict[str, Any]) -> None:
        """Take over what `snapshot` gave, before the first read."""
        ...


class QueueFullError(Exception):
    """The destination takes nothing and the queue holds all it may."""


class DirectSource:
    """Records put by PutRecord and PutRecordBatch, in memory until they are read."""

    def __init__(self, max_bytes: int = MAX_QUEUED_BYTES) -> None:
        self._max_bytes = max_bytes
        self._condition = threading.Condition()
        self._records: deque[tuple[Moment, bytes]] = deque()
        self._bytes = 0
        self.reached = 0.0
        self._woken = False

    @property
    def ended(self) -> bool:
        return False

    def put(self, arrival: Moment, data: bytes) -> None:
        """Queue one record.

        Raises:
            QueueFullError: nothing could be delivered for long; the record is not taken
        """
        with self._condition:
            if self._bytes + len(data) > self._max_bytes:
                raise QueueFullError
            self._records.append((arrival, data))
            self._bytes += len(data)
            self._condition.notify_all()

    def read(self) -> Records:
        with self._condition:
            count = min(len(self._records), _READ_RECORDS)
            records = [self._records.popleft() for _ in range(count)]
            self._bytes -= sum(len(data) for _, data in records)
            if records:
                self.reached = records[0][0].steady
            return [SourceRecord(arrival.wall, data) for arrival, data in records]

    def wait(self, timeout: float) -> None:
        with self._condition:
            if not self._records and not self._woken:
                self._condition.wait(timeout)

    def wake(self) -> None:
        with self._condition:
            self._woken = True
            self._condition.notify_all()

    def snapshot(self) -> dict[str, Any]:
        with self._condition:
            return {"records": [[arrival.wall, data] for arrival, data in self._records]}

    def restore(self, saved: dict[str, Any]) -> None:
        now = clock.moment()
        for arrival, data in saved["records"]:
            self.put(clock.then(arrival, now), data)


class KinesisSource:
    """All records put to a stream since this object was made, each exactly once.

    Reads in process, a child shard after its parents (`Lineage`). Aggregates of the Kinesis
    Producer Library are taken apart (Amazon Kinesis Data Streams Developer Guide, "Use the KPL with
    Amazon Data Firehose").

    Attributes:
        on_read: told of the records of each read
    """

    def __init__(self, stream: Stream | None, successor: Callable[[], Stream | None]) -> None:
        """Remember the tip of every open shard.

        Args:
            stream: None for one that `restore` finds
            successor: finds the stream that has this one's ARN once this one is deleted
        """
        self.stream: Stream | None = stream
        self._arn = stream.arn if stream is not None else "its stream"
        self._successor = successor
        self._woken = threading.Event()
        self._said = False
        self.on_read: Callable[[Records], None] = lambda _records: None
        self.reached = 0.0
        self._lineage = Lineage()
        self._reading: list[Shard] = []
        if stream is not None:
            self._lineage.follow(stream, _from_now)

    @property
    def ended(self) -> bool:
        """Whether the stream was deleted."""
        return self.stream is None or self.stream.deleted.is_set()

    def read(self) -> Records:
        ended = self.ended  # asked before reading: nothing comes after that
        stream = self.stream
        if stream is None:
            return self.read() if self._follow() else []
        self._begin_children(stream)
        for shard in list(self._reading):
            position = self._lineage.positions[shard.id]
            page = shard.read(
                position.sequence,
                now=stream.clock(),
                retention=stream.retention,
                limit=_READ_RECORDS,
            )
            # To the end of the line: the next read begins with the other shards.
            self._reading.remove(shard)
            position.sequence, position.ended = page.position, page.at_end
            if not page.at_end:
                self._reading.append(shard)
            if page.expired:
                LOG.error(
                    "%s, %s: %d records outlived the retention of %d h before they were read for "
                    "delivery; they are lost",
                    *(stream.arn, shard.id, page.expired, stream.retention_hours),
                )
            if page.records:
                self.reached = page.records[0].stored
                records = _user_records(page.records, shard.id)
                self.on_read(records)
                return records
        return self.read() if self._begin_children(stream) or (ended and self._follow()) else []

    def wait(self, timeout: float) -> None:
        self._woken.wait(min(timeout, _POLL_SECONDS))

    def wake(self) -> None:
        self._woken.set()

    def snapshot(self) -> dict[str, Any]:
        return self._lineage.snapshot()

    def restore(self, saved: dict[str, Any]) -> None:
        """A stream that is gone, or is another now, is followed as one that was deleted."""
        lineage = Lineage()
        self.stream = lineage.restore(saved, lambda _arn: self._successor())
        self._lineage, self._reading = lineage, []

    def _follow(self) -> bool:
        """Go on with the stream that was made under the ARN of the deleted one, from its start."""
        successor = self._successor()
        if successor is self.stream:
            return False
        # Also without a successor: whoever holds the deleted stream holds all of its records.
        self.stream = successor
        self._reading = []
        if successor is not None:
            self._lineage.follow(successor, lambda _: Position(0))
        if successor is None and not self._said:
            LOG.warning("%s was deleted: nothing more to deliver from it", self._arn)
        self._said = successor is None
        return successor is not None

    def _begin_children(self, stream: Stream) -> bool:
        """Begin with the shards that may be read now; whether there are any."""
        begun = [s for s in self._lineage.ready(stream) if s not in self._reading]
        self._reading += begun
        return bool(begun)


def _from_now(shard: Shard) -> Position:
    # A shard closed by now ends before this delivery stream begins. Asked before the tip: a record
    # that comes between the two is read.
    ended = shard.closed is not None
    return Position(shard.tip(), ended)


def _user_records(records: Iterable[Record], shard_id: str) -> Records:
    found = []
    for record in records:
        arrival, sequence, data = record.arrival, record.sequence, record.data
        packed = deaggregated(data) if data.startswith(MAGIC) else None
        if packed is None:
            origin = Origin(shard_id, record.partition_key, sequence, 0, arrival)
            found.append(SourceRecord(arrival, data, origin))
            continue
        for user in packed:
            origin = Origin(shard_id, user.partition_key, sequence, user.subsequence, arrival)
            found.append(SourceRecord(arrival, user.data, origin))
    return found
