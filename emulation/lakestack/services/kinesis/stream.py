"""One data stream: its shards, how records find them, and how shards split and merge."""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lakestack import clock as clocks
from lakestack.clock import Moment
from lakestack.services.arns import arn
from lakestack.services.kinesis.sequence import HASH_KEYS, even_ranges, hash_key
from lakestack.services.kinesis.shard import Shard

DEFAULT_RETENTION_HOURS = 24
MAX_RETENTION_HOURS = 8760
ON_DEMAND_SHARDS = 4
"""Developer Guide, "Choose the right mode": a new on-demand stream starts with four shards."""

MAX_STREAM_SHARDS = 10_000
"""API "UpdateShardCount": no stream is scaled up to more shards."""

TRANSITION_SECONDS = 0.05
"""How long CREATING, UPDATING and DELETING last."""


@dataclass
class Consumer:
    """A registered consumer (enhanced fan-out).

    Args:
        created: Unix seconds
        active_at: seconds of the steady clock
        subscriptions: when the latest SubscribeToShard of a shard began, by shard id, in seconds
            of the steady clock
    """

    name: str
    arn: str
    created: float
    active_at: float
    tags: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def status(self, now: Moment) -> str:
        return "ACTIVE" if now.steady >= self.active_at else "CREATING"


class Stream:
    """State of one stream.

    Args:
        mode: PROVISIONED or ON_DEMAND
        clock: returns the present moment
    """

    def __init__(
        self,
        account: str,
        region: str,
        name: str,
        *,
        shard_count: int,
        mode: str = "PROVISIONED",
        clock: Callable[[], Moment] = clocks.moment,
    ) -> None:
        self.account, self.region, self.name, self.mode = account, region, name, mode
        self.arn = arn("kinesis", region, account, f"stream/{name}")
        self.clock = clock
        # API "StreamDescription": the creation is told in whole seconds, and the shards that a
        # stream begins with are as old as it is: they were open at that second.
        now = clock()
        self.created = now._replace(wall=float(math.floor(now.wall)))
        self.identity = secrets.randbits(43)  # a later stream of the same name is another one
        self.retention_hours = DEFAULT_RETENTION_HOURS
        self.encryption_key: str | None = None
        self.metrics: set[str] = set()
        self.tags: dict[str, str] = {}
        self.policy: str | None = None
        self.consumers: dict[str, Consumer] = {}
        self.deleted = threading.Event()
        self._lock = threading.RLock()
        self._state, self._until = "CREATING", self.created.steady + TRANSITION_SECONDS
        self._shards: list[Shard] = [
            Shard(number, first, last, now=self.created)
            for number, (first, last) in enumerate(even_ranges(shard_count))
        ]

    @property
    def retention(self) -> float:
        """Seconds for which records are kept."""
        return self.retention_hours * 3600.0

    @property
    def status(self) -> str:
        """CREATING, ACTIVE, UPDATING or DELETING."""
        if self._state == "DELETING" or self.clock().steady < self._until:
            return self._state
        return "ACTIVE"

    @property
    def gone(self) -> bool:
        """Whether deletion has ended."""
        return self._state == "DELETING" and self.clock().steady >= self._until

    def begin_deletion(self) -> None:
        self._begin("DELETING")
        self.deleted.set()
        with self._lock:
            shards = list(self._shards)
        for shard in shards:
            shard.changed.tell()

    def shards(self) -> list[Shard]:
        """Return open shards and the closed ones that can still hold records, by number."""
        horizon = self.clock().steady - self.retention
        with self._lock:
            return [s for s in self._shards if s.closed is None or s.closed.steady >= horizon]

    def trim(self) -> dict[str, int]:
        """Forget what the retention is over for; return how many records, by shard id."""
        with self._lock:
            shards = list(self._shards)
        now, retention = self.clock(), self.retention
        return {s.id: count for s in shards if (count := s.trim(now, retention))}

    def open_shards(self) -> list[Shard]:
        """Return the shards that take records, by hash key."""
        with self._lock:
            shards = [s for s in self._shards if s.closed is None]
        return sorted(shards, key=lambda s: s.first_key)

    def shard(self, shard_id: str) -> Shard:
        """Find a shard by id.

        Raises:
            ResourceNotFoundException: no such shard, or it expired
        """
        shards = [] if self.status == "CREATING" else self.shards()
        for shard in shards:
            if shard.id == shard_id:
                return shard
        raise ResourceNotFoundException(
            f"Shard {shard_id} in stream {self.name} under account {self.account} does not exist"
        )

    def snapshot(self) -> dict[str, Any]:
        """The stream, its shards and their records as plain data."""
        with self._lock:
            return {
                "name": self.name,
                "mode": self.mode,
                "created": self.created.wall,
                "identity": self.identity,
                "retention_hours": self.retention_hours,
                "encryption_key": self.encryption_key,
                "metrics": sorted(self.metrics),
                "tags": dict(self.tags),
                "policy": self.policy,
                "consumers": [
                    {"name": c.name, "arn": c.arn, "created": c.created, "tags": dict(c.tags)}
                    for c in self.consumers.values()
                ],
                "shards": [shard.snapshot() for shard in self._shards],
            }

    @classmethod
    def restored(cls, account: str, region: str, saved: dict[str, Any]) -> Stream:
        """The stream of a snapshot; it is active."""
        stream = cls(account, region, saved["name"], shard_count=1, mode=saved["mode"])
        stream._shards.clear()
        now = stream.clock()
        stream.created = clocks.then(saved["created"], now)
        stream._state, stream._until = "ACTIVE", 0.0
        for name in ("identity", "retention_hours", "encryption_key", "tags", "policy"):
            setattr(stream, name, saved[name])
        stream.metrics = set(saved["metrics"])
        for each in saved["consumers"]:
            stream.consumers[each["name"]] = Consumer(**each, active_at=now.steady)
        for each in saved["shards"]:
            parents = tuple(stream._shards[number] for number in each["parents"])
            stream._shards.append(Shard.restored(len(stream._shards), each, parents, now))
        return stream

    def children(self, shard: Shard) -> list[Shard]:
        """Return the shards that a split or merge made from this one."""
        with self._lock:
            return [s for s in self._shards if shard in s.parents]

    def put(
        self, data: bytes, partition_key: str, explicit_hash_key: str | None
    ) -> tuple[str, int]:
        """Store one record; return shard id and sequence number."""
        key = hash_key(partition_key) if explicit_hash_key is None else int(explicit_hash_key)
        # The stream's lock keeps the shard from being closed between finding and using it.
        with self._lock:
            shard = next(s for s in reversed(self._shards) if s.closed is None and s.covers(key))
            number = shard.put(data, partition_key, now=self.clock())
        shard.changed.tell()
        return shard.id, number

    def put_all(self, records: Iterable[Any]) -> list[tuple[str, int]]:
        """Store records of a PutRecords request; return shard ids and sequence numbers."""
        stored = []
        with self._lock:
            now = self.clock()
            shards = [s for s in reversed(self._shards) if s.closed is None]
            for record in records:
                shard = shards[0] if len(shards) == 1 else _covering(shards, record)
                number = shard.put(record["Data"], record["PartitionKey"], now=now)
                stored.append((shard.id, number))
        for shard in shards:
            shard.changed.tell()
        return stored

    def split(self, shard_id: str, new_starting_key: int) -> None:
        """API "SplitShard"; both halves must have at least one hash key.

        Raises:
            ResourceNotFoundException: no such shard
            InvalidArgumentException: closed shard, or the key is not inside it
        """
        with self._lock:
            shard = self._open_shard(shard_id)
            self._require_active()
            if new_starting_key >= HASH_KEYS:
                raise InvalidArgumentException(
                    "Invalid NewStartingHashKey. NewStartingHashKey must be in the range: "
                    f"[0, 2^128-1]. Specified value was {new_starting_key}"
                )
            if not shard.first_key + 1 < new_starting_key < shard.last_key:
                raise InvalidArgumentException(
                    f"NewStartingHashKey {new_starting_key} used in SplitShard() on shard "
                    f"{shard_id} in stream {self.name} under account {self.account} is not both "
                    "greater than one plus the shard's StartingHashKey "
                    f"{shard.first_key} and less than the shard's EndingHashKey {shard.last_key}."
                )
            self._split(shard, new_starting_key)
            self._begin("UPDATING")

    def merge(self, shard_id: str, adjacent_id: str) -> None:
        """API "MergeShards".

        Raises:
            ResourceNotFoundException: no such shard
            InvalidArgumentException: a shard is closed, or they are not adjacent
        """
        with self._lock:
            one, other = self._open_shard(shard_id), self._open_shard(adjacent_id)
            self._require_active()
            if other.first_key != one.last_key + 1 and one.first_key != other.last_key + 1:
                raise InvalidArgumentException(
                    f"Shards {shard_id} and {adjacent_id} in stream {self.name} under account "
                    f"{self.account} are not an adjacent pair of shards eligible for merging"
                )
            self._merge(one, other)
            self._begin("UPDATING")

    def scale(self, target: int) -> int:
        """API "UpdateShardCount", UNIFORM_SCALING; return the count before.

        Raises:
            LimitExceededException: beyond double or below half of the open shards, or 10,000
        """
        with self._lock:
            self._require_active()
            current = len(self.open_shards())
            counts = f"Current open shard count: {current}, Target shard count: {target}"
            if target > MAX_STREAM_SHARDS:
                raise LimitExceededException(
                    "Target shard count or number of open shards cannot be greater than "
                    f"{MAX_STREAM_SHARDS}. {counts}"
                )
            if target > 2 * current:
                raise LimitExceededException(
                    "UpdateShardCount cannot scale up over double your current open shard count. "
                    + counts
                )
            if 2 * target < current:
                raise LimitExceededException(
                    "UpdateShardCount cannot scale down below half your current open shard count. "
                    + counts
                )
            ranges = even_ranges(target)
            for first, _ in ranges[1:]:
                shard = next(s for s in self.open_shards() if s.covers(first))
                if shard.first_key != first:
                    self._split(shard, first)
            for first, last in ranges:
                pieces = [s for s in self.open_shards() if first <= s.first_key <= last]
                merged = pieces[0]
                for piece in pieces[1:]:
                    merged = self._merge(merged, piece)
            self._begin("UPDATING")
            return current

    def change(self) -> None:
        """Enter UPDATING after a change of the stream's configuration."""
        self._begin("UPDATING")

    def require_shards(self) -> None:
        """Raise ResourceInUseException unless ACTIVE or UPDATING."""
        if self.status not in ("ACTIVE", "UPDATING"):
            self._require_active()

    def require_active(self) -> None:
        """Raise ResourceInUseException unless ACTIVE."""
        with self._lock:
            self._require_active()

    def _require_active(self) -> None:
        if self.status != "ACTIVE":
            raise ResourceInUseException(
                f"Stream {self.name} under account {self.account} not ACTIVE, "
                f"instead in state {self.status}"
            )

    def _begin(self, state: str) -> None:
        with self._lock:
            self._state, self._until = state, self.clock().steady + TRANSITION_SECONDS

    def _open_shard(self, shard_id: str) -> Shard:
        try:
            shard = self.shard(shard_id)
        except ResourceNotFoundException as e:
            raise ResourceNotFoundException(
                f"Could not find shard {shard_id} in stream {self.name} "
                f"under account {self.account}."
            ) from e
        if shard.closed is not None:
            raise InvalidArgumentException(
                f"Shard {shard_id} in stream {self.name} under account {self.account} "
                "is not open: it was split or merged before"
            )
        return shard

    def _split(self, shard: Shard, key: int) -> None:
        shard.close(self.clock())
        self._add_shard(shard.first_key, key - 1, shard)
        self._add_shard(key, shard.last_key, shard)

    def _merge(self, one: Shard, other: Shard) -> Shard:
        now = self.clock()
        one.close(now)
        other.close(now)
        first = min(one.first_key, other.first_key)
        return self._add_shard(first, max(one.last_key, other.last_key), one, other)

    def _add_shard(self, first: int, last: int, *parents: Shard) -> Shard:
        shard = Shard(len(self._shards), first, last, now=self.clock(), parents=parents)
        self._shards.append(shard)
        return shard


def _covering(shards: list[Shard], record: Any) -> Shard:
    explicit = record.get("ExplicitHashKey")
    key = hash_key(record["PartitionKey"]) if explicit is None else int(explicit)
    return next(shard for shard in shards if shard.covers(key))
