"""When records become an object: by size or by age, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lakestack import clock
from lakestack.services.firehose.records import (
    TO_DESTINATION,
    Placed,
    Route,
    SourceRecord,
    restored,
    restored_route,
    saved,
    saved_route,
)

MEBIBYTE = 1024 * 1024
DEFAULT_SIZE_MB = 5
DEFAULT_INTERVAL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class BufferingHints:
    """API "BufferingHints".

    Attributes:
        size_mb: MiB before compression; a fraction for what goes to a function
        interval: seconds since the buffer's first record, 0 to 900
    """

    size_mb: float = DEFAULT_SIZE_MB
    interval: float = DEFAULT_INTERVAL_SECONDS


@dataclass
class Batch:
    """Records that will be one object, in order.

    Attributes:
        arrival: Unix second at which the oldest one arrived
        opened: clock reading at which the first one was buffered
        route: what they have in common
        key: the object's name, fixed at the first attempt: a retry replaces, never doubles
        failed_key: the name of the object with those that do not fit the table's schema
        attempts: how often the destination was asked to take it
        failing_since: clock reading of the first attempt that failed, None before
    """

    arrival: float
    opened: float
    route: Route = TO_DESTINATION
    key: str | None = None
    failed_key: str | None = None
    records: list[SourceRecord] = field(default_factory=list)
    size: int = 0
    attempts: int = 0
    failing_since: float | None = None

    def __len__(self) -> int:
        return len(self.records)

    def append(self, record: SourceRecord) -> None:
        """Add one record."""
        self.records.append(record)
        self.size += len(record.data)
        self.arrival = min(self.arrival, record.arrival)

    def snapshot(self) -> dict[str, Any]:
        """As plain data; its age is that of its oldest record from then on."""
        return {
            "arrival": self.arrival,
            "route": saved_route(self.route),
            "key": self.key,
            "failed_key": self.failed_key,
            "records": [saved(record) for record in self.records],
            "body": self.body,
        }

    @classmethod
    def restored(cls, document: dict[str, Any]) -> Batch:
        """The batch of a snapshot."""
        batch = cls(
            document["arrival"],
            clock.then(document["arrival"]).steady,
            restored_route(document["route"]),
            document["key"],
            document["failed_key"],
        )
        start, body = 0, document["body"]
        for fields in document["records"]:
            end = start + fields[1]
            batch.append(restored(fields, body[start:end]))
            start = end
        return batch

    @property
    def body(self) -> bytes:
        """The records one after another, untouched and without delimiter."""
        return b"".join([record.data for record in self.records])


class Buffer:
    """Collects records into batches, one at a time for each route. Not for several threads."""

    def __init__(self, hints: BufferingHints) -> None:
        self.hints = hints
        self._batches: dict[Route, Batch] = {}

    def __len__(self) -> int:
        return sum(map(len, self._batches.values()))

    def add(
        self, records: Iterable[SourceRecord], *, now: float, route: Route = TO_DESTINATION
    ) -> Iterator[Batch]:
        """Add records; yield each batch that reaches the size on the way.

        A batch exceeds the size by less than its last record.
        """
        limit = self.hints.size_mb * MEBIBYTE
        for record in records:
            batch = self._batches.get(route)
            if batch is None:
                batch = self._batches[route] = Batch(record.arrival, now, route)
            batch.append(record)
            if batch.size >= limit:
                del self._batches[route]
                yield batch

    def due_in(self, now: float) -> float | None:
        """Seconds until the interval of the oldest ends, None while empty."""
        if not self._batches:
            return None
        opened = min(batch.opened for batch in self._batches.values())
        return max(0.0, opened + self.hints.interval - now)

    @property
    def pending(self) -> list[Batch]:
        """What is collected now, without taking it."""
        return list(self._batches.values())

    def restore(self, batch: Batch) -> None:
        """Go on with a batch of a snapshot."""
        self._batches[batch.route] = batch

    def take(self, now: float | None = None) -> list[Batch]:
        """Return what is there, and begin again.

        Args:
            now: take only what is due then; None for all
        """
        found = [
            batch
            for batch in self._batches.values()
            if now is None or batch.opened + self.hints.interval <= now
        ]
        for batch in found:
            del self._batches[batch.route]
        return found


class Outputs:
    """The buffers of a delivery stream's outputs, each with hints of its own.

    Args:
        hints: by output (`records.MAIN` and so on), asked at each use: they may change
        full: takes a record for whose folder there is no space, and places it elsewhere
        max_folders: folders of dynamic partitioning that may be open at a time
    """

    def __init__(
        self,
        hints: Callable[[str], BufferingHints],
        full: Callable[[SourceRecord], Placed] | None = None,
        max_folders: int = 500,
    ) -> None:
        self._hints, self._full, self._max_folders = hints, full, max_folders
        self._buffers: dict[str, Buffer] = {}
        self._folders: set[Route] = set()

    def add(self, placed: Iterable[Placed], *, now: float) -> Iterator[Batch]:
        """Add records to where they are placed; yield each batch that is full."""
        for route, record in placed:
            if route.folder is not None and self._full and route not in self._folders:
                if len(self._folders) >= self._max_folders:
                    yield from self.add([self._full(record)], now=now)
                    continue
                self._folders.add(route)
            yield from self._buffer(route.output).add([record], now=now, route=route)

    def add_all(self, records: list[SourceRecord], route: Route, *, now: float) -> Iterator[Batch]:
        """Add records that all have one route, which is without folder."""
        yield from self._buffer(route.output).add(records, now=now, route=route)

    def delivered(self, route: Route) -> None:
        """Let another folder take the place of one whose last batch is delivered."""
        if route in self._folders and all(pending.route != route for pending in self.pending):
            self._folders.discard(route)

    def due_in(self, now: float) -> float | None:
        """Seconds until something is due, None while all are empty."""
        found = [self._buffer(name).due_in(now) for name in list(self._buffers)]
        return min((due for due in found if due is not None), default=None)

    def take(self, now: float | None = None) -> list[Batch]:
        """Take what is due, or all."""
        return [batch for name in list(self._buffers) for batch in self._buffer(name).take(now)]

    @property
    def pending(self) -> list[Batch]:
        """What is collected now, without taking it."""
        return [batch for buffer in self._buffers.values() for batch in buffer.pending]

    def restore(self, batch: Batch) -> None:
        """Go on with a batch of a snapshot."""
        if batch.route.folder is not None:
            self._folders.add(batch.route)
        self._buffer(batch.route.output).restore(batch)

    def _buffer(self, output: str) -> Buffer:
        hints, buffer = self._hints(output), self._buffers.get(output)
        if buffer is None:
            buffer = self._buffers[output] = Buffer(hints)
        buffer.hints = hints
        return buffer
