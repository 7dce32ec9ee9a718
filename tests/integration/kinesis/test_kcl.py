"""A consumer by the Kinesis Client Library, through what happens in the life of a stream.

"Use Kinesis Client Library" (Kinesis Data Streams Developer Guide): it leases shards by a DynamoDB
table, resumes at its checkpoints, and reads the children of a shard only after the shard itself.
KCL 3 assigns leases by the workers' load, which takes tables and an index of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.kinesis.kcl import Consumer, consuming, jars
from tests.kpl import aggregate
from tests.support import unique, wait_until

pytestmark = pytest.mark.large

KINDS = [(2, "polling"), (2, "fanout"), (3, "polling"), (3, "fanout")]
SHARDS = 4


class Reading:
    """A stream and the runs of one application that reads it."""

    def __init__(self, aws: Callable[[str], Any], endpoint: str, version: int, retrieval: str):
        self.kinesis, self.aws, self._endpoint = aws("kinesis"), aws, endpoint
        self.version, self._retrieval = version, retrieval
        self.stream, self.application = unique("kcl"), unique("reader")
        self.kinesis.create_stream(StreamName=self.stream, ShardCount=SHARDS)
        self._wait_until_active()
        self._stack = ExitStack()

    def put(self, part: str, number: int = 60) -> list[str]:
        """Write records with some that are aggregates; returns the data of all user records."""
        plain = [f"{part}-{i}" for i in range(number)]
        packed = [[f"{part}-packed-{i}-{j}" for j in range(5)] for i in range(4)]
        records = [{"Data": data.encode(), "PartitionKey": data} for data in plain]
        for group in packed:
            key = group[0]
            data = aggregate([(key, text.encode()) for text in group])
            records.append({"Data": data, "PartitionKey": key})
        answer = self.kinesis.put_records(StreamName=self.stream, Records=records)
        assert answer["FailedRecordCount"] == 0
        return plain + [text for group in packed for text in group]

    def run(self, log: Path) -> Consumer:
        """Start the application; `close` ends it."""
        return self._stack.enter_context(
            consuming(
                self.version, self._endpoint, self.stream, self.application, self._retrieval, log
            )
        )

    def split(self) -> tuple[str, list[str]]:
        """Split the first shard in the middle; returns it and its children."""
        first = self.kinesis.list_shards(StreamName=self.stream)["Shards"][0]
        keys = first["HashKeyRange"]
        middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"])) // 2
        self.kinesis.split_shard(
            StreamName=self.stream, ShardToSplit=first["ShardId"], NewStartingHashKey=str(middle)
        )
        self._wait_until_active()
        shards = self.kinesis.list_shards(StreamName=self.stream)["Shards"]
        children = [s["ShardId"] for s in shards if s.get("ParentShardId") == first["ShardId"]]
        return first["ShardId"], children

    def checkpoints(self) -> dict[str, str]:
        """The checkpoint of each lease; KCL 3 keeps more in the same table."""
        items = self.aws("dynamodb").scan(TableName=self.application, ConsistentRead=True)["Items"]
        leases = [item for item in items if "checkpoint" in item]
        return {item["leaseKey"]["S"]: item["checkpoint"]["S"] for item in leases}

    def close(self) -> None:
        """End what runs, and delete the stream."""
        self._stack.close()
        self.kinesis.delete_stream(StreamName=self.stream, EnforceConsumerDeletion=True)

    def _wait_until_active(self) -> None:
        def active() -> bool:
            about = self.kinesis.describe_stream_summary(StreamName=self.stream)
            return bool(about["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE")

        wait_until(active)


@pytest.fixture(scope="module")
def lives(
    aws: Callable[[str], Any], emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[int, str], Future[None]]]:
    """The life of a stream by each kind, all at once: a consumer mostly waits for its leases."""
    with ThreadPoolExecutor(len(KINDS)) as pool:
        yield {
            (version, retrieval): pool.submit(
                live, aws, emulator, tmp_path_factory.mktemp(retrieval), version, retrieval
            )
            for version, retrieval in KINDS
        }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"KCL {kind[0]} {kind[1]}")
def test_life_of_a_stream(
    lives: dict[tuple[int, str], Future[None]], kind: tuple[int, str]
) -> None:
    lives[kind].result()


def live(
    aws: Callable[[str], Any], emulator: str, tmp_path: Path, version: int, retrieval: str
) -> None:
    """Read a stream, restart, and follow a split of one of its shards."""
    jars(version)
    reading = Reading(aws, emulator, version, retrieval)
    try:
        written = reading.put("first")
        first = reading.run(tmp_path / "first.log")
        first.wait_for(written)
        assert sorted(first.shards("start")) == [f"shardId-{i:012}" for i in range(SHARDS)]
        first.stop()

        more = reading.put("second")
        second = reading.run(tmp_path / "second.log")
        second.wait_for(more)  # and nothing of the first run again

        parent, children = reading.split()
        more += reading.put("third")
        second.wait_for(more)
        wait_until(lambda: set(children) <= set(second.shards("start")), what="children are read")
        happened = [(event.kind, event.shard) for event in second.events]
        for child in children:
            assert happened.index(("end", parent)) < happened.index(("start", child))
        second.stop()

        left = reading.checkpoints()
        assert left.get(parent, "SHARD_END") == "SHARD_END"
        assert set(children) <= set(left)
        assert not first.shards("failed") + second.shards("failed")
        _has_metrics(reading)
    finally:
        reading.close()


def _has_metrics(reading: Reading) -> None:
    """The library has published its metrics of the application."""
    metrics = reading.aws("cloudwatch").list_metrics(Namespace=reading.application)["Metrics"]
    assert "RecordsProcessed" in {metric["MetricName"] for metric in metrics}
