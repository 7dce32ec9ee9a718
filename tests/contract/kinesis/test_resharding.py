"""Splits and merges of Kinesis shards."""

from __future__ import annotations

from typing import Any

from tests.contract.kinesis.helpers import FIRST, HASH_KEYS, active, iterator
from tests.support import wait_until


def read_lineage(kinesis: Any, stream: str) -> list[bytes]:
    """Read a stream as a consumer does: a shard to its end, then its children."""
    data: list[bytes] = []
    queue, begun = [FIRST], set[str]()
    while queue:
        shard = queue.pop(0)
        if shard in begun:
            continue
        begun.add(shard)
        token: str | None = iterator(kinesis, stream, ShardId=shard)
        while token:
            page = kinesis.get_records(ShardIterator=token, Limit=7)
            data += [record["Data"] for record in page["Records"]]
            token = page.get("NextShardIterator")
            queue += [child["ShardId"] for child in page.get("ChildShards", [])]
            if token and not page["Records"]:
                break
    return data


def test_split_and_merge_lose_and_repeat_nothing(kinesis: Any, stream: str) -> None:
    written: list[bytes] = []

    def put_some() -> None:
        for i in range(40):
            written.append(b"%d" % len(written))
            kinesis.put_record(StreamName=stream, Data=written[-1], PartitionKey=f"key-{i}")

    put_some()
    kinesis.split_shard(
        StreamName=stream, ShardToSplit=FIRST, NewStartingHashKey=str(HASH_KEYS // 2)
    )
    wait_until(lambda: active(kinesis, stream), 10)
    put_some()
    kinesis.merge_shards(
        StreamName=stream,
        ShardToMerge="shardId-000000000001",
        AdjacentShardToMerge="shardId-000000000002",
    )
    wait_until(lambda: active(kinesis, stream), 10)
    put_some()
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    assert [s.get("ParentShardId") for s in shards] == [None, FIRST, FIRST, "shardId-000000000001"]
    assert shards[3]["AdjacentParentShardId"] == "shardId-000000000002"
    assert "EndingSequenceNumber" in shards[0]["SequenceNumberRange"]
    latest = kinesis.list_shards(StreamName=stream, ShardFilter={"Type": "AT_LATEST"})["Shards"]
    assert [s["ShardId"] for s in latest] == ["shardId-000000000003"]
    assert sorted(read_lineage(kinesis, stream), key=int) == written


def test_update_shard_count(kinesis: Any, stream: str) -> None:
    answer = kinesis.update_shard_count(
        StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
    )
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (1, 2)
    wait_until(lambda: active(kinesis, stream), 10)
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2
