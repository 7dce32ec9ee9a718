"""What Firehose writes to S3, when, and under which key."""

from __future__ import annotations

import gzip
import re
import time
from typing import Any

import pytest

from tests.contract.firehose.helpers import (
    DATE,
    NEVER,
    SOON,
    UUID,
    Aws,
    describe,
    direct,
    from_kinesis,
    numbers,
    objects,
    put,
    wait_gone,
)
from tests.support import wait_until


def test_direct_put_after_the_interval(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket, Prefix="in", BufferingHints=SOON)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"one"})
    answer = firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": b"two"}, {"Data": b"\x00\n"}]
    )
    assert answer["FailedPutCount"] == 0
    assert all(r["RecordId"] for r in answer["RequestResponses"])
    wait_until(lambda: b"".join(objects(aws, bucket).values()) == b"onetwo\x00\n", 20)
    for key in objects(aws, bucket):
        assert re.fullmatch(rf"in{DATE}{name}-1-\d{{4}}(-\d\d){{5}}-{UUID}", key)


def test_kinesis_records_put_at_once_when_active(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    put(aws, stream, 0, 10)  # before: not delivered
    from_kinesis(firehose, name, stream, bucket, Prefix="firehose/", BufferingHints=SOON)
    put(aws, stream, 10, 2010)
    wait_until(lambda: len(numbers(aws, bucket)) >= 2000, 20)
    assert numbers(aws, bucket) == list(range(10, 2010))
    source = describe(firehose, name)["Source"]["KinesisStreamSourceDescription"]
    assert source["KinesisStreamARN"] == stream
    assert all(re.match(rf"firehose/{DATE}{name}-1-", key) for key in objects(aws, bucket))


def test_twenty_thousand_records_in_a_handful_of_objects(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    hints = {"SizeInMBs": 5, "IntervalInSeconds": 3}
    from_kinesis(firehose, name, stream, bucket, BufferingHints=hints)
    began = time.monotonic()
    put(aws, stream, 0, 20_000)
    wait_until(lambda: len(numbers(aws, bucket)) >= 20_000, 60, every=0.5)
    intervals = (time.monotonic() - began) / 3  # more than one where putting is slow
    assert numbers(aws, bucket) == list(range(20_000))
    assert len(objects(aws, bucket)) <= intervals + 2


def test_resharding_loses_and_repeats_nothing(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    kinesis = aws("kinesis")

    def settled() -> bool:
        summary = kinesis.describe_stream_summary(StreamARN=stream)["StreamDescriptionSummary"]
        return bool(summary["StreamStatus"] == "ACTIVE")

    from_kinesis(firehose, name, stream, bucket, BufferingHints=SOON)
    put(aws, stream, 0, 500)
    kinesis.split_shard(
        StreamARN=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    wait_until(settled)
    put(aws, stream, 500, 1000)
    kinesis.merge_shards(
        StreamARN=stream,
        ShardToMerge="shardId-000000000001",
        AdjacentShardToMerge="shardId-000000000002",
    )
    wait_until(settled)
    put(aws, stream, 1000, 1500)
    wait_until(lambda: len(numbers(aws, bucket)) >= 1500, 20)
    assert numbers(aws, bucket) == list(range(1500))


def test_size_decides_before_the_interval(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    hints = {"SizeInMBs": 1, "IntervalInSeconds": 900}
    direct(firehose, name, bucket, BufferingHints=hints)
    for _ in range(9):
        firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x" * 300_000})
    wait_until(lambda: len(objects(aws, bucket)) == 2, 20)
    assert {len(body) for body in objects(aws, bucket).values()} == {1_200_000}
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert sum(len(body) for body in objects(aws, bucket).values()) == 2_700_000


def test_gzip(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    direct(firehose, name, bucket, BufferingHints=NEVER, CompressionFormat="GZIP")
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a\n" * 5000})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    ((key, body),) = objects(aws, bucket).items()
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"a\n" * 5000


def test_custom_prefix(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    prefix = "year=!{timestamp:yyyy}/!{firehose:random-string}/"
    error = "errors/!{firehose:error-output-type}/"
    direct(firehose, name, bucket, BufferingHints=NEVER, Prefix=prefix, ErrorOutputPrefix=error)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    (key,) = objects(aws, bucket)
    assert re.fullmatch(rf"year=\d{{4}}/\w{{11}}/{name}-1-\d{{4}}(-\d\d){{5}}-{UUID}", key)


def test_deletion_writes_what_is_still_in_the_stream(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    from_kinesis(firehose, name, stream, bucket, BufferingHints=NEVER)
    put(aws, stream, 0, 1000)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert numbers(aws, bucket) == list(range(1000))


def test_deletion_of_the_kinesis_stream_writes_what_is_pending(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    from_kinesis(firehose, name, stream, bucket, BufferingHints=NEVER)
    put(aws, stream, 0, 1000)
    aws("kinesis").delete_stream(StreamARN=stream)
    wait_until(lambda: len(numbers(aws, bucket)) >= 1000, 20)
    assert numbers(aws, bucket) == list(range(1000))


def test_a_missing_bucket_delays_but_loses_nothing(aws: Aws, firehose: Any, name: str) -> None:
    logging = {"Enabled": True, "LogGroupName": f"/{name}", "LogStreamName": "delivery"}
    direct(
        firehose,
        name,
        name,
        BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0},
        CloudWatchLoggingOptions=logging,
    )
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"patience"})
    logs = aws("logs")

    def reported() -> bool:
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/{name}")["logGroups"]
        if not groups:
            return False
        events = logs.filter_log_events(logGroupName=f"/{name}")["events"]
        return any("NoSuchBucket" in e["message"] for e in events)

    wait_until(reported, 20)
    aws("s3").create_bucket(Bucket=name)
    wait_until(lambda: list(objects(aws, name).values()) == [b"patience"], 20)


@pytest.mark.parametrize(
    ("settings", "ending"),
    [
        ({"CompressionFormat": "Snappy"}, ".snappy"),
        ({"CompressionFormat": "HADOOP_SNAPPY"}, ".hsnappy"),
        ({"CompressionFormat": "ZIP", "FileExtension": ".mine"}, ".mine"),
    ],
)
def test_each_compression_has_its_extension(
    aws: Aws, firehose: Any, name: str, bucket: str, settings: dict[str, Any], ending: str
) -> None:
    direct(firehose, name, bucket, **settings)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a" * 1000})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    ((key, body),) = objects(aws, bucket).items()
    assert key.endswith(ending)
    assert 0 < len(body) < 500
