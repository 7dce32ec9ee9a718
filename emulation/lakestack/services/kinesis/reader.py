"""How far a reader of a stream is, and which shards it may read now.

Data Firehose and Lambda's event source mappings read in process. Kinesis Data Streams Developer
Guide, "Strategies for resharding": a parent shard is read to its end before its children, so that
the records of one partition key stay in order over a split or merge.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lakestack.services.kinesis.shard import Shard
from lakestack.services.kinesis.stream import Stream


@dataclass
class Position:
    """How far a shard was read; survives whoever moved it.

    Attributes:
        sequence: read on after this sequence number
        ended: whether the closed shard was read to its end
        lock: held by who reads the shard, where several might
        window: the tumbling window that is open, with its state, as plain data
        abandoned: whether nobody is to read on from here
        woken: set when whoever reads the shard is to look whether there is more, or to end
    """

    sequence: int
    ended: bool = False
    window: dict[str, Any] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    abandoned: bool = False
    woken: threading.Event = field(default_factory=threading.Event, compare=False)

    def released(self, timeout: float) -> bool:
        """Wait until nobody reads the shard; whether that came within so many seconds."""
        if not self.lock.acquire(timeout=timeout):
            return False
        self.lock.release()
        return True


class Lineage:
    """The positions of one reader in the shards of its stream, by shard id."""

    def __init__(self) -> None:
        # Weak: a deleted stream's records must not stay for as long as its reader does.
        self._stream: Callable[[], Stream | None] = lambda: None
        self.positions: dict[str, Position] = {}

    def follow(self, stream: Stream, start: Callable[[Shard], Position]) -> None:
        """Read a stream from now on; one that is read already goes on where it is.

        Args:
            start: where to begin in a shard that the stream has now; what a later split or merge
                makes is read from its first record
        """
        if self._stream() is stream:
            return
        self._stream = weakref.ref(stream)
        self.positions = {shard.id: start(shard) for shard in stream.shards()}

    def snapshot(self) -> dict[str, Any]:
        """Which stream is read, and how far its shards are, as plain data."""
        stream = self._stream()
        return {
            "stream": [stream.arn, stream.identity] if stream is not None else None,
            "positions": {
                shard: [position.sequence, position.ended, position.window]
                for shard, position in list(self.positions.items())
            },
        }

    def restore(self, saved: dict[str, Any], find: Callable[[str], Stream | None]) -> Stream | None:
        """Go on where `snapshot` was taken; returns the stream, when it is there.

        Args:
            find: a stream by its ARN
        """
        arn, identity = saved["stream"] or (None, None)
        stream = find(arn) if arn else None
        if stream is None or stream.identity != identity:
            return None
        self._stream = weakref.ref(stream)
        self.positions = {s: Position(*position) for s, position in saved["positions"].items()}
        return stream

    def ready(self, stream: Stream) -> list[Shard]:
        """The shards of the followed stream that may be read now and are not read to their end."""
        shards, found = stream.shards(), []
        kept = {shard.id for shard in shards}
        for shard in shards:
            position = self.positions.setdefault(shard.id, Position(0))
            if not position.ended and all(self._done(p, kept) for p in shard.parents):
                found.append(shard)
        return found

    def abandon(self) -> dict[str, Position]:
        """Tell who reads to stop; return the positions, by shard id."""
        positions = dict(self.positions)
        for position in positions.values():
            position.abandoned = True
        self.wake()
        return positions

    def wake(self) -> None:
        """Have whoever reads look at once whether it is to end."""
        for position in list(self.positions.values()):
            position.woken.set()

    def _done(self, parent: Shard, kept: set[str]) -> bool:
        position = self.positions.get(parent.id)
        if position is None or position.ended:
            return True
        # A parent that outlived the retention unread is never read: its children must not wait.
        return parent.id not in kept and not position.lock.locked()
