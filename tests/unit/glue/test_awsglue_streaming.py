"""Streaming sources of awsglue: which records of which shards a batch has, and the options."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lakestack.services.glue.runtime.awsglue.errors import SourceError
from lakestack.services.glue.runtime.awsglue.streaming import hooks, kinesis
from lakestack.services.glue.runtime.awsglue.streaming.ledger import (
    Entry,
    Ledger,
    LocalFiles,
    Position,
)
from lakestack.services.glue.runtime.awsglue.streaming.shards import Source, Stream

NOW = 1_700_000_000.0


class Kinesis:
    """A stream in memory, as far as sources use one."""

    def __init__(self) -> None:
        self.shards: dict[str, dict[str, Any]] = {}
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.closed: set[str] = set()
        self.count = 0
        self.page = 100

    def shard(self, number: int, *parents: str) -> str:
        name = f"shardId-{number:012d}"
        self.shards[name] = {"ShardId": name}
        if parents:
            self.shards[name]["ParentShardId"] = parents[0]
        if len(parents) > 1:
            self.shards[name]["AdjacentParentShardId"] = parents[1]
        self.records[name] = []
        return name

    def put(self, shard: str, *texts: str, at: float = NOW) -> None:
        for text in texts:
            self.count += 1
            self.records[shard].append(
                {
                    "Data": text.encode(),
                    "PartitionKey": "k",
                    "SequenceNumber": str(self.count * 10**20),
                    "ApproximateArrivalTimestamp": datetime.fromtimestamp(at, UTC),
                    "at": at,
                }
            )

    def get_paginator(self, name: str) -> Any:
        assert name == "list_shards"
        return self

    def paginate(self, **which: Any) -> list[dict[str, Any]]:
        assert which == {"StreamName": "s"}
        return [{"Shards": list(self.shards.values())}]

    def get_shard_iterator(self, **request: Any) -> dict[str, str]:
        records = self.records[request["ShardId"]]
        match request["ShardIteratorType"]:
            case "TRIM_HORIZON":
                index = 0
            case "AFTER_SEQUENCE_NUMBER":
                after = int(request["StartingSequenceNumber"])
                index = sum(int(r["SequenceNumber"]) <= after for r in records)
            case _:
                index = sum(r["at"] < request["Timestamp"] for r in records)
        return {"ShardIterator": f"{request['ShardId']}/{index}"}

    def get_records(self, **request: Any) -> dict[str, Any]:
        shard, _, index = request["ShardIterator"].partition("/")
        begin = int(index)
        end = min(begin + min(request["Limit"], self.page), len(self.records[shard]))
        answer: dict[str, Any] = {
            "Records": self.records[shard][begin:end],
            "MillisBehindLatest": 1000 if end < len(self.records[shard]) else 0,
        }
        if shard not in self.closed or end < len(self.records[shard]):
            answer["NextShardIterator"] = f"{shard}/{end}"
        return answer


@pytest.fixture
def stream() -> Kinesis:
    return Kinesis()


class Query:
    """A query of one task that reads a stream."""

    def __init__(
        self,
        stream: Kinesis,
        folder: Path,
        begin: Position | None,
        seconds: float = 0.0,
        **how: Any,
    ) -> None:
        self.place = LocalFiles(str(folder))
        self.source = Source(
            Stream("s", None, "us-east-1", begin, seconds=seconds, **how),
            stream,
            Ledger(self.place, "s"),
            now=lambda: NOW,
            pause=lambda _: None,
        )

    def batch(self, number: int) -> list[str]:
        found = self.source.read(number, lambda _: True)
        return [data.decode() for each in found for data in each.column("data").to_pylist()]


def test_batches_have_each_record_once_and_again_the_same(stream: Kinesis, tmp_path: Path) -> None:
    one = stream.shard(0)
    stream.put(one, "a", "b")
    query = Query(stream, tmp_path, Position())
    assert query.batch(0) == ["a", "b"]
    assert query.batch(1) == []
    stream.put(one, "c")
    assert query.batch(0) == ["a", "b"]
    assert query.batch(1) == []
    assert query.batch(2) == ["c"]
    stream.put(one, "d")
    assert query.batch(2) == ["c"]
    again = Query(stream, tmp_path, None)  # a job that was started again goes on
    assert again.batch(3) == ["d"]
    assert len(query.place.names(f"kinesis/s/{one}")) == 2


def test_latest_is_what_comes_after_the_begin(stream: Kinesis, tmp_path: Path) -> None:
    one = stream.shard(0)
    stream.put(one, "old", at=NOW - 1)
    query = Query(stream, tmp_path, None)
    assert query.batch(0) == []
    stream.put(one, "new", at=NOW + 1)
    assert query.batch(1) == ["new"]


def test_a_time_is_where_the_begin_is(stream: Kinesis, tmp_path: Path) -> None:
    one = stream.shard(0)
    stream.put(one, "old", at=NOW - 100)
    stream.put(one, "then", at=NOW - 50)
    assert Query(stream, tmp_path, Position(at=NOW - 60)).batch(0) == ["then"]


def test_a_batch_has_a_size(stream: Kinesis, tmp_path: Path) -> None:
    one = stream.shard(0)
    stream.put(one, *"abcdefg")
    query = Query(stream, tmp_path, Position(), seconds=0.1, records=3, records_per_read=2)
    assert [query.batch(n) for n in range(3)] == [list("abcd"), list("efg"), []]
    assert query.batch(1) == list("efg")


@pytest.mark.parametrize("begin", [Position(), None])
def test_children_of_a_shard_come_after_it(
    stream: Kinesis, tmp_path: Path, begin: Position | None
) -> None:
    parent = stream.shard(0)
    query = Query(stream, tmp_path, begin)
    assert query.batch(0) == []
    stream.put(parent, "last")
    left, right = stream.shard(1, parent), stream.shard(2, parent)
    stream.closed.add(parent)
    stream.put(left, "l")
    stream.put(right, "r")
    assert query.batch(1) == ["last"]
    assert sorted(query.batch(2)) == ["l", "r"]
    merged = stream.shard(3, left, right)
    stream.closed |= {left, right}
    stream.put(merged, "m")
    assert query.batch(3) == []
    assert query.batch(4) == ["m"]
    del stream.shards[parent]  # its retention is over
    assert query.batch(5) == []


def test_shards_before_the_begin_are_read_in_their_order(stream: Kinesis, tmp_path: Path) -> None:
    parent = stream.shard(0)
    child = stream.shard(1, parent)
    stream.closed.add(parent)
    stream.put(parent, "first")
    stream.put(child, "second")
    query = Query(stream, tmp_path, Position())
    assert [query.batch(n) for n in range(3)] == [["first"], ["second"], []]


def test_what_another_task_has_written_counts(stream: Kinesis, tmp_path: Path) -> None:
    one = stream.shard(0)
    stream.put(one, "a", "b")
    query = Query(stream, tmp_path, Position())
    first = stream.records[one][0]["SequenceNumber"]
    Ledger(query.place, "s").write(one, 0, Entry(Position(), first, closed=False))
    assert query.batch(0) == ["a"]
    assert query.batch(1) == ["b"]


def test_a_record_that_is_gone_is_an_error(stream: Kinesis, tmp_path: Path) -> None:
    one = stream.shard(0)
    stream.put(one, "a")
    query = Query(stream, tmp_path, Position())
    assert query.batch(0) == ["a"]
    stream.records[one].clear()
    with pytest.raises(SourceError, match="retention period"):
        query.batch(0)


def test_a_file_of_the_ledger_is_written_once(tmp_path: Path) -> None:
    place = LocalFiles(str(tmp_path))
    assert place.names("a") == []
    assert place.read("a/1.json") is None
    assert place.create("a/1.json", {"x": 1})
    assert not place.create("a/1.json", {"x": 2})
    assert place.read("a/1.json") == {"x": 1}
    assert place.names("a") == ["1.json"]
    place.delete("a/1.json")
    place.delete("a/1.json")
    assert place.names("a") == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("latest", None),
        ("LATEST", None),
        ("TRIM_HORIZON", Position()),
        ("earliest", Position()),
        ("2023-11-14T18:13:20-04:00", Position(at=NOW)),
        ("2023-11-14T22:13:20Z", Position(at=NOW)),
    ],
)
def test_starting_positions(given: str, found: Position | None) -> None:
    assert kinesis.begin(given) == found


ARN = "arn:aws:kinesis:eu-west-1:000000000000:stream/clicks"


@pytest.mark.parametrize(
    ("options", "name", "region"),
    [
        ({"streamarn": ARN}, "clicks", "eu-west-1"),
        ({"streamname": "clicks"}, "clicks", "us-east-1"),
        ({"streamname": "000000000000:clicks:1600000000"}, "clicks", "us-east-1"),
    ],
)
def test_streams(
    options: Mapping[str, Any], name: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    found = kinesis.described(options)
    assert (found.name, found.region) == (name, region)
    assert (found.seconds, found.records, found.records_per_read) == (1.0, 100_000, 10_000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs streamARN"),
        ({"streamarn": "clicks"}, "streamARN 'clicks' is not valid"),
        ({"streamname": "s", "startingposition": "soon"}, "valid: latest, trim_horizon"),
        ({"streamname": "s", "maxfetchtimeinms": "-1"}, "maxFetchTimeInMs '-1'"),
    ],
)
def test_options_that_are_wrong(options: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kinesis.described(options)


def test_where_a_ledger_is() -> None:
    assert hooks.ledger_of("s3://b/check/") == "s3://b/check/"
    assert hooks.ledger_of("/tmp/check") == "/tmp/check"  # noqa: S108 - a name
    assert hooks.ledger_of("hdfs:///check") == hooks.ledger_of("hdfs:///check")
    assert hooks.ledger_of(None) != hooks.ledger_of(None)
