"""Kinesis to S3 through Firehose, and whether puts slow down as the stream grows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.bench import lake
from tests.bench.report import Figure
from tests.support import ACCOUNT, REGION, emulator, unique, wait_until

RECORDS, BATCH, PART = 20_000, 500, 5_000
INTERVAL = 5


def run() -> Iterator[Figure]:
    """Yield the ratio of the last 5,000 puts to the first, and the delivery time."""
    with emulator() as running:
        kinesis = lake.client("kinesis", running.url)
        s3 = lake.client("s3", running.url)
        name = unique("bench")
        _create(running.url, name)
        began = time.perf_counter()
        rates = [_put(kinesis, name, first) for first in range(0, RECORDS, PART)]
        objects = wait_until(
            lambda: _all_delivered(s3, name), timeout=120, what="all records in S3"
        )
        after = time.perf_counter() - began - INTERVAL
    listed = ", ".join(f"{rate:,.0f}" for rate in rates)
    yield Figure(
        "stream stays fast", rates[-1] / rates[0], "x", 0.8, False, f"records/s by 5,000: {listed}"
    )
    yield Figure(
        "stream to S3",
        max(after, 0),
        "s",
        10,
        True,
        f"{RECORDS:,} ratings in {objects} objects, beyond the interval of {INTERVAL} s",
    )


def _create(url: str, name: str) -> None:
    kinesis, firehose = lake.client("kinesis", url), lake.client("firehose", url)
    lake.client("s3", url).create_bucket(Bucket=name)
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    role = f"arn:aws:iam::{ACCOUNT}:role/bench"
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}",
            "RoleARN": role,
        },
        ExtendedS3DestinationConfiguration={
            "BucketARN": f"arn:aws:s3:::{name}",
            "RoleARN": role,
            "Prefix": "firehose/",
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": INTERVAL},
        },
    )
    wait_until(
        lambda: firehose.describe_delivery_stream(DeliveryStreamName=name)[
            "DeliveryStreamDescription"
        ]["DeliveryStreamStatus"]
        == "ACTIVE",
        what="the delivery stream",
    )


def _put(kinesis: Any, name: str, first: int) -> float:
    """Put 5,000 ratings; return records per second."""
    began = time.perf_counter()
    for start in range(first, first + PART, BATCH):
        records = [
            {
                "Data": json.dumps(
                    {"userId": i % 671, "movieId": i, "rating": 3.5, "timestamp": 1260759144 + i}
                ).encode()
                + b"\n",
                "PartitionKey": str(i % 671),
            }
            for i in range(start, start + BATCH)
        ]
        answer = kinesis.put_records(StreamName=name, Records=records)
        if any("ErrorCode" in record for record in answer["Records"]):
            raise RuntimeError(f"records refused: {answer['FailedRecordCount']}")
    return PART / (time.perf_counter() - began)


def _all_delivered(s3: Any, name: str) -> int:
    """Number of objects once every record is in S3 exactly once, else 0."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix="firehose/")
    keys = [o["Key"] for page in pages for o in page.get("Contents", [])]
    bodies = [s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys]
    movies = [json.loads(line)["movieId"] for body in bodies for line in body.splitlines()]
    if len(movies) < RECORDS:
        return 0
    if sorted(movies) != list(range(RECORDS)):
        raise RuntimeError(f"{len(movies)} records, {len(set(movies))} distinct")
    return len(keys)
