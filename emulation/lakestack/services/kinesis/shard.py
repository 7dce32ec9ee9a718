"""One shard: its records in the order of their sequence numbers, found by bisection.

Puts append, reads slice: neither cost grows with what the shard already holds. Every method may
be called from any thread.
"""

from __future__ import annotations

import functools
import math
import threading
from dataclasses import dataclass
from typing import Any

from lakestack import clock
from lakestack.clock import Moment
from lakestack.services.kinesis.record_log import Record, RecordLog
from lakestack.services.kinesis.sequence import (
    SequenceParts,
    encode_sequence,
    later,
    ordinal,
    shard_id,
)
from lakestack.services.signals import Signal

MAX_READ_BYTES = 10 * 1024 * 1024
"""API "GetRecords": the maximum size of data that it can return is 10 MiB."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one read returned.

    Args:
        records: in the order of their sequence numbers
        position: read on after this sequence number
        behind_ms: milliseconds that the reader is behind the tip, 0 at the tip
        at_end: the shard is closed and has nothing after `position`
        expired: how many records after the position asked for had outlived the retention
    """

    records: list[Record]
    position: int
    behind_ms: int
    at_end: bool
    expired: int = 0


class ShardClosedError(Exception):
    """The shard takes no more records: its hash keys belong to its children."""


class Shard:
    """A shard that covers the hash keys `first_key` .. `last_key`, both inclusive.

    Args:
        number: number within the stream, from which the shard's id is made
        now: its creation; on the wall clock it is never before its parents' end
        parents: the shard that was split, or the two that were merged

    Attributes:
        changed: told when there is something to read: a record, or the end
    """

    def __init__(
        self,
        number: int,
        first_key: int,
        last_key: int,
        *,
        now: Moment,
        parents: tuple[Shard, ...] = (),
    ) -> None:
        self.number = number
        self.id = shard_id(number)
        self.first_key, self.last_key = first_key, last_key
        self.parents = parents
        ends = [parent.closed.wall for parent in parents if parent.closed]
        self.created = now._replace(wall=max([now.wall, *ends]))
        self.closed: Moment | None = None
        self.changed = Signal()
        # Children created within the same second still number their records after the parents'.
        second = int(self.created.wall)
        self.epoch: int = max([second, *(parent.epoch + 1 for parent in parents)])
        self.first_sequence = encode_sequence(SequenceParts(self.epoch, 0, second, number))
        self.last_sequence: int | None = None
        self._lock = threading.Lock()
        # Not a method of ours: in a cycle the records would wait for the collector, which looks at
        # old objects seldom.
        base = encode_sequence(SequenceParts(self.epoch, 0, 0, number))
        self._sequence = functools.partial(_sequence, base)
        self._records = RecordLog(self._sequence)
        self._last_arrival = self.created.wall
        self._trimmed_to = 0

    def __len__(self) -> int:
        return len(self._records)

    def covers(self, key: int) -> bool:
        """Whether records with this hash key belong here."""
        return self.first_key <= key <= self.last_key

    def put(self, data: bytes, partition_key: str, *, now: Moment) -> int:
        """Append a record and return its sequence number.

        The caller tells `changed` of it, once for all records that it puts together.

        Raises:
            ShardClosedError: the shard was split or merged
        """
        with self._lock:
            if self.closed is not None:
                raise ShardClosedError(self.id)
            # AT_TIMESTAMP searches by arrival: a clock that is set back must not unsort it.
            # API "Record": ApproximateArrivalTimestamp has millisecond precision.
            moment = math.floor(now.wall * 1000) / 1000
            self._last_arrival = arrival = max(moment, self._last_arrival)
            return self._records.append(data, partition_key, arrival, now.steady)

    def close(self, now: Moment) -> None:
        """Take no more records; `last_sequence` is fixed from here on."""
        with self._lock:
            self.closed = now._replace(wall=max(now.wall, self._last_arrival))
            self.last_sequence = self._sequence(self._records.end, self.closed.wall)
        self.changed.tell()

    def trim(self, now: Moment, retention: float) -> int:
        """Forget the records that were stored more than `retention` seconds ago; return how many.

        It moves what stays: for a caller that comes every few seconds, not for each record.
        """
        horizon = now.steady - retention
        with self._lock:
            start = self._records.stored_since(horizon)
            if old := start - self._records.first:
                self._trimmed_to = self._records.sequence(start - 1)
                self._records.drop_before(start)
            return old

    @property
    def last_arrival(self) -> float:
        """Unix seconds: no record will be stamped with an earlier arrival."""
        return self._last_arrival

    def tip(self) -> int:
        """Return the position after everything received so far: where LATEST begins."""
        with self._lock:
            return self._before(self._records.end)

    def position_at(self, timestamp: float) -> int:
        """Return the position from which reading starts with the first arrival >= timestamp."""
        with self._lock:
            return self._before(self._records.arrived(timestamp))

    def read(
        self,
        position: int,
        *,
        now: Moment,
        retention: float,
        limit: int = 10_000,
        max_bytes: int = MAX_READ_BYTES,
    ) -> Page:
        """Return the records after `position`: at most `limit` of them and `max_bytes` of data.

        A single record larger than `max_bytes` is still returned, alone.
        """
        with self._lock:
            log = self._records
            unread = log.after(position, ordinal(position) + 1)
            start = max(unread, log.stored_since(now.steady - retention))
            gone = log.sequence(start - 1) if start > unread else self._trimmed_to
            expired = max(0, ordinal(gone) - ordinal(position)) if position else 0
            records = log.read(start, limit, max_bytes)
            after = start + len(records)
            behind = 0
            if after < log.end:
                behind = max(1, int((now.steady - log.stored(after)) * 1000))
            at_end = self.closed is not None and after == log.end
        if records:
            position = records[-1].sequence
        return Page(records, position, behind, at_end, expired)

    def snapshot(self) -> dict[str, Any]:
        """The shard and its records as plain data."""
        with self._lock:
            return {
                "keys": [self.first_key, self.last_key],
                "parents": [parent.number for parent in self.parents],
                "created": self.created.wall,
                "closed": self.closed.wall if self.closed else None,
                "epoch": self.epoch,
                "last_sequence": self.last_sequence,
                "last_arrival": self._last_arrival,
                "trimmed_to": self._trimmed_to,
                "records": self._records.snapshot(),
            }

    @classmethod
    def restored(
        cls, number: int, saved: dict[str, Any], parents: tuple[Shard, ...], now: Moment
    ) -> Shard:
        """The shard of a snapshot."""
        first, last = saved["keys"]
        created = clock.then(saved["created"], now)
        shard = cls(number, first, last, now=created, parents=parents)
        if saved["closed"] is not None:
            shard.closed = clock.then(saved["closed"], now)
        shard.created, shard.last_sequence = created, saved["last_sequence"]
        shard._last_arrival, shard._trimmed_to = saved["last_arrival"], saved["trimmed_to"]
        shard._records.restore(saved["records"], clock.then(0.0, now).steady)
        if shard.epoch != saved["epoch"]:
            raise ValueError(f"shard {shard.id} has epoch {shard.epoch}, saved is {saved['epoch']}")
        return shard

    def _before(self, number: int) -> int:
        """Position from which the record of this number is read next."""
        if number > self._records.first:
            return self._records.sequence(number - 1)
        return self._trimmed_to or self.first_sequence


def _sequence(base: int, position: int, arrival: float) -> int:
    return base + later(position, int(arrival))
