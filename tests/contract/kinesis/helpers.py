"""Streams, records and iterators for the contract tests of Kinesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import wait_until

Aws = Callable[[str], Any]
FIRST = "shardId-000000000000"
HASH_KEYS = 2**128


def active(kinesis: Any, name: str) -> bool:
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return bool(summary["StreamStatus"] == "ACTIVE")


def make(kinesis: Any, name: str, shards: int = 1) -> str:
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    wait_until(lambda: active(kinesis, name), 10)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    return str(arn)


def put(kinesis: Any, stream: str, *data: bytes, key: str = "k") -> list[dict[str, Any]]:
    records = [{"Data": item, "PartitionKey": key} for item in data]
    answer = kinesis.put_records(StreamName=stream, Records=records)
    assert answer["FailedRecordCount"] == 0
    return list(answer["Records"])


def iterator(kinesis: Any, stream: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    shard = more.pop("ShardId", FIRST)
    answer = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType=kind, **more
    )
    return str(answer["ShardIterator"])


def read(kinesis: Any, token: str | None, **more: Any) -> list[bytes]:
    """Read until the tip or the end of the shard."""
    data: list[bytes] = []
    while token:
        page = kinesis.get_records(ShardIterator=token, **more)
        data += [record["Data"] for record in page["Records"]]
        token = page.get("NextShardIterator")
        if page["MillisBehindLatest"] == 0:
            break
    return data


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])
