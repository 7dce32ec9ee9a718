"""When records become an object: by size or by age, whichever comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lakestack import clock

MEBIBYTE = 1024 * 1024
DEFAULT_SIZE_MB = 5
DEFAULT_INTERVAL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class BufferingHints:
    """API "BufferingHints".

    Args:
        size_mb: MiB before compression, 1 to 128
        interval: seconds since the buffer's first record, 0 to 900
    """

    size_mb: int = DEFAULT_SIZE_MB
    interval: int = DEFAULT_INTERVAL_SECONDS


@dataclass
class Batch:
    """Records that will be one object, in order.

    Args:
        arrival: Unix second at which the oldest one arrived
        opened: clock reading at which the first one was buffered
        key: the object's name, fixed at the first attempt: a retry replaces, never doubles
    """

    arrival: float
    opened: float
    key: str | None = None
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0

    def __len__(self) -> int:
        return len(self.chunks)

    def snapshot(self) -> dict[str, Any]:
        """As plain data; its age is that of its oldest record from then on."""
        return {
            "arrival": self.arrival,
            "key": self.key,
            "sizes": [len(chunk) for chunk in self.chunks],
            "body": self.body,
        }

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> Batch:
        """The batch of a snapshot."""
        opened = clock.then(saved["arrival"]).steady
        batch = cls(saved["arrival"], opened, saved["key"], size=len(saved["body"]))
        start = 0
        for size in saved["sizes"]:
            batch.chunks.append(saved["body"][start : start + size])
            start += size
        return batch

    @property
    def body(self) -> bytes:
        """The records one after another, untouched and without delimiter."""
        return b"".join(self.chunks)


class Buffer:
    """Collects records into batches. Not for several threads."""

    def __init__(self, hints: BufferingHints) -> None:
        self.hints = hints
        self._batch: Batch | None = None

    def __len__(self) -> int:
        return len(self._batch) if self._batch else 0

    def add(self, records: Iterable[tuple[float, bytes]], *, now: float) -> Iterator[Batch]:
        """Add (arrival, data) pairs; yield each batch that reaches the size on the way.

        A batch exceeds the size by less than its last record.
        """
        limit = self.hints.size_mb * MEBIBYTE
        for arrival, data in records:
            if self._batch is None:
                self._batch = Batch(arrival, now)
            batch = self._batch
            batch.chunks.append(data)
            batch.size += len(data)
            batch.arrival = min(batch.arrival, arrival)
            if batch.size >= limit:
                self._batch = None
                yield batch

    def due_in(self, now: float) -> float | None:
        """Seconds until the interval ends, None while empty."""
        if self._batch is None:
            return None
        return max(0.0, self._batch.opened + self.hints.interval - now)

    @property
    def pending(self) -> Batch | None:
        """What is collected now, without taking it."""
        return self._batch

    def restore(self, batch: Batch) -> None:
        """Go on with a batch of a snapshot."""
        self._batch = batch

    def take(self) -> Batch | None:
        """Return what is there and begin anew."""
        batch, self._batch = self._batch, None
        return batch
