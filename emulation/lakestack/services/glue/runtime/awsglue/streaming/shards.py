"""Reads a batch of a Kinesis data stream, in a task: what the shards have got since the last one.

A shard that a split or a merge has made is read when those before it are read to their end, so
records of one key stay in order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import pyarrow as pa

from ..errors import SourceError
from .ledger import LEDGER_PROPERTY, Entry, Ledger, Position, files

SCHEMA = pa.schema(
    [
        ("data", pa.binary()),
        ("streamName", pa.string()),
        ("partitionKey", pa.string()),
        ("sequenceNumber", pa.string()),
        ("approximateArrivalTimestamp", pa.timestamp("us", tz="UTC")),
    ]
)
SPARK_SCHEMA = (
    "data binary, streamName string, partitionKey string, sequenceNumber string, "
    "approximateArrivalTimestamp timestamp"
)
POLL_SECONDS = 0.2
"""Between two looks at shards without records: GetRecords may be called five times a second."""


@dataclass(frozen=True)
class Stream:
    """A stream, and how it is read.

    Attributes:
        name: of the stream
        arn: of the stream, where it is known
        region: of the stream
        begin: where a query without a checkpoint begins; None: with what comes after its start
        seconds: of a batch's fetching at most, as long as there is something to fetch
        records: of a shard in a batch at most
        records_per_read: in a GetRecords at most
        idle_seconds: between two GetRecords of a shard
    """

    name: str
    arn: str | None
    region: str | None
    begin: Position | None
    seconds: float = 1.0
    records: int = 100_000
    records_per_read: int = 10_000
    idle_seconds: float = 0.0

    def which(self) -> dict[str, str]:
        """The stream, for a request."""
        return {"StreamARN": self.arn} if self.arn else {"StreamName": self.name}


@dataclass
class Reading:
    """A shard while a batch reads it."""

    shard: str
    begin: Position
    iterator: str | None
    records: list[pa.RecordBatch] = field(default_factory=list)
    count: int = 0
    end: str | None = None
    behind: bool = True
    looked: float = 0.0

    def entry(self) -> Entry:
        """What it has come to."""
        return Entry(self.begin, self.end, self.iterator is None)


def reader(
    stream: Stream, parts: int
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Function for ``mapInArrow``: the number of a batch and of a part of it become its records.

    Args:
        parts: into how many a batch is divided; a shard is always in the same
    """

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in batches:
            for batch, part in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                ledger = Ledger(files(_location()), f"{stream.region}-{stream.name}")
                source = Source(stream, _kinesis(stream.region), ledger)
                yield from source.read(batch, partial(_in_part, part, parts))

    return read


def _in_part(part: int, parts: int, shard: int) -> bool:
    return shard % parts == part


class Source:
    """Reads batches of a stream.

    Args:
        kinesis: a client
        now: seconds since 1970
        pause: waits for some seconds
    """

    def __init__(
        self,
        stream: Stream,
        kinesis: Any,
        ledger: Ledger,
        *,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stream, self._kinesis, self._ledger = stream, kinesis, ledger
        self._now, self._pause = now, pause

    def read(self, batch: int, mine: Callable[[int], bool]) -> Iterator[pa.RecordBatch]:
        """The records of a batch; the ledger knows them before the first is given.

        Args:
            batch: its number
            mine: whether a shard, by its number, is read here
        """
        shards = self._shards()
        again, new = [], []
        for shard in shards.values():
            name = shard["ShardId"]
            if not mine(int(name.rpartition("-")[2])):
                continue
            entry = self._ledger.entry(name, batch)
            if entry is not None:
                again.append((name, entry))
            elif (begin := self._begin(shard, shards, batch)) is not None:
                new.append(Reading(name, begin, self._iterator(name, begin)))
        for name, entry in again:
            yield from self._exactly(name, entry)
        self._fetch(new)
        for reading in new:
            entry = reading.entry()
            kept = self._ledger.write(reading.shard, batch, entry)
            if kept == entry:
                yield from reading.records
            else:
                yield from self._exactly(reading.shard, kept)

    def _begin(self, shard: Any, shards: dict[str, Any], batch: int) -> Position | None:
        """Where a batch begins to read a shard; None where it does not read it."""
        name = shard["ShardId"]
        last = self._ledger.last(name, batch)
        if last is not None:
            return None if last.closed else last.next
        initial = self._ledger.initial(
            lambda: {"shards": sorted(shards), "at": self._now(), "begin": _plain(self._stream)}
        )
        if name in initial["shards"] and initial["begin"] != {"horizon": True}:
            at = initial["begin"].get("at", initial["at"])
            return Position(at=at)
        parents = [shard.get("ParentShardId"), shard.get("AdjacentParentShardId")]
        for parent in parents:
            if parent in shards:
                before = self._ledger.last(parent, batch)
                if before is None or not before.closed:
                    return None
        return Position()

    def _fetch(self, readings: Sequence[Reading]) -> None:
        """Read until there is a batch: all that the shards have now, or what comes in the time."""
        deadline = time.monotonic() + self._stream.seconds
        while True:
            open_ones = [each for each in readings if self._wants(each)]
            for reading in open_ones:
                self._get(reading)
            found = any(each.count for each in readings)
            going_on = [each for each in open_ones if self._wants(each) and each.behind]
            if time.monotonic() >= deadline or (found and not going_on):
                return
            if not readings or all(each.iterator is None for each in readings):
                return
            if not going_on:
                self._pause(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))

    def _wants(self, reading: Reading) -> bool:
        return reading.iterator is not None and reading.count < self._stream.records

    def _get(self, reading: Reading) -> None:
        if self._stream.idle_seconds and reading.looked:
            left = reading.looked + self._stream.idle_seconds - time.monotonic()
            if left > 0:
                self._pause(left)
        answer = self._kinesis.get_records(
            ShardIterator=reading.iterator, Limit=self._stream.records_per_read
        )
        reading.looked = time.monotonic()
        records = answer["Records"]
        reading.iterator = answer.get("NextShardIterator")
        reading.behind = bool(answer.get("MillisBehindLatest"))
        if records:
            reading.records.append(self._batch(records))
            reading.count += len(records)
            reading.end = records[-1]["SequenceNumber"]

    def _exactly(self, shard: str, entry: Entry) -> Iterator[pa.RecordBatch]:
        """The records that an entry names.

        Raises:
            SourceError: the stream keeps them no longer
        """
        if entry.end is None:
            return
        iterator, last = self._iterator(shard, entry.begin), int(entry.end)
        while iterator is not None:
            answer = self._kinesis.get_records(
                ShardIterator=iterator, Limit=self._stream.records_per_read
            )
            records = [r for r in answer["Records"] if int(r["SequenceNumber"]) <= last]
            if records:
                yield self._batch(records)
                if int(records[-1]["SequenceNumber"]) == last:
                    return
            if len(records) < len(answer["Records"]) or not answer.get("MillisBehindLatest"):
                break
            iterator = answer.get("NextShardIterator")
        raise SourceError(
            f"record {entry.end} of {shard} of the stream {self._stream.name}, the last of the "
            "batch, is not there any more: it is older than the stream's retention period"
        )

    def _batch(self, records: Sequence[Any]) -> pa.RecordBatch:
        columns = [
            [record["Data"] for record in records],
            [self._stream.name] * len(records),
            [record["PartitionKey"] for record in records],
            [record["SequenceNumber"] for record in records],
            [record["ApproximateArrivalTimestamp"] for record in records],
        ]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)

    def _iterator(self, shard: str, position: Position) -> str:
        where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if position.after is not None:
            where = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": position.after,
            }
        elif position.at is not None:
            where = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": position.at}
        found = self._kinesis.get_shard_iterator(**self._stream.which(), ShardId=shard, **where)
        return str(found["ShardIterator"])

    def _shards(self) -> dict[str, Any]:
        pages = self._kinesis.get_paginator("list_shards").paginate(**self._stream.which())
        return {shard["ShardId"]: shard for page in pages for shard in page["Shards"]}


def _plain(stream: Stream) -> dict[str, Any]:
    """Where a query begins: ``{"horizon": true}``, ``{"at": seconds}`` or, for now, ``{}``."""
    if stream.begin is None:
        return {}
    return {"horizon": True} if stream.begin.at is None else {"at": stream.begin.at}


def _location() -> str:
    from pyspark import TaskContext

    context = TaskContext.get()
    found = context.getLocalProperty(LEDGER_PROPERTY) if context else None
    if not found:
        raise SourceError("a stream is read by a query: use writeStream or forEachBatch")
    return found


@cache
def _kinesis(region: str | None) -> Any:
    import boto3

    return boto3.client("kinesis", region_name=region)
