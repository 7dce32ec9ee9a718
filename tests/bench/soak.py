"""``make soak``: mixed load for minutes, everything deleted again, and what stays then.

Prints a line for each round, and the verdict; exit code 1 when memory, files or the log grow.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from lakestack import paths
from lakestack.host.process import Emulator
from lakestack.instance import Running
from tests.bench import lake
from tests.bench.measure import median
from tests.support import ACCOUNT, emulator, unique, wait_until

ALLOWED = 1.15
LOG_BYTES = 80 * 1024 * 1024
"""Two log files of 32 MB, and what comes between two looks."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/soak"
HANDLER = b"def handler(event, context):\n    print(len(str(event)))\n    return 'x' * 1000\n"


@dataclass(frozen=True)
class Sample:
    """The emulator after a round, when everything of that round was deleted.

    Args:
        own: resident bytes of the emulator's process
        children: resident bytes of what it has started
        files: entries below its folder
        stored: bytes of the files there, but for the log
        log: bytes of its log files
        requests: made so far
    """

    own: int
    children: int
    files: int
    stored: int
    log: int
    requests: int


class Round:
    """One round of mixed load against an emulator."""

    def __init__(self, url: str, size: int) -> None:
        self._client = {
            name: lake.client(name, url)
            for name in ("s3", "kinesis", "firehose", "dynamodb", "lambda", "logs")
        }
        self._size, self.requests = size, 0
        for client in self._client.values():
            client.meta.events.register("before-send", self._count)

    def _count(self, **_: object) -> None:
        self.requests += 1

    def run(self) -> None:
        name = unique("soak")
        s3 = self._client["s3"]
        s3.create_bucket(Bucket=name)
        s3.create_bucket(Bucket=f"{name}-empty")
        try:
            for step in (self._stream, self._objects, self._table, self._function):
                step(name)
        finally:
            self._empty(name)
            for bucket in (name, f"{name}-empty"):
                s3.delete_bucket(Bucket=bucket)

    def _stream(self, name: str) -> None:
        kinesis, firehose = self._client["kinesis"], self._client["firehose"]
        kinesis.create_stream(StreamName=name, ShardCount=2)
        _active(lambda: kinesis.describe_stream_summary(StreamName=name), "StreamStatus")
        arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": arn["StreamARN"],
                "RoleARN": ROLE,
            },
            ExtendedS3DestinationConfiguration={
                "BucketARN": f"arn:aws:s3:::{name}",
                "RoleARN": ROLE,
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
            },
        )
        for start in range(0, self._size, 500):
            kinesis.put_records(
                StreamName=name,
                Records=[
                    {"Data": b"%d" % i + b"x" * 150, "PartitionKey": str(i)}
                    for i in range(start, start + 500)
                ],
            )
        for shard in kinesis.list_shards(StreamName=name)["Shards"]:
            iterator = kinesis.get_shard_iterator(
                StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while True:
                page = kinesis.get_records(ShardIterator=iterator)
                iterator = page["NextShardIterator"]
                if not page["Records"]:
                    break
        firehose.delete_delivery_stream(DeliveryStreamName=name)
        kinesis.delete_stream(StreamName=name)

    def _objects(self, name: str) -> None:
        s3 = self._client["s3"]
        for i in range(max(20, self._size // 500)):
            s3.put_object(Bucket=name, Key=f"o/{i}", Body=b"y" * (1_000_000 if i % 10 == 0 else 99))
            s3.get_object(Bucket=name, Key=f"o/{i}")["Body"].read()

    def _table(self, name: str) -> None:
        dynamodb = self._client["dynamodb"]
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for i in range(max(20, self._size // 500)):
            dynamodb.put_item(TableName=name, Item={"k": {"S": str(i)}, "v": {"S": "z" * 500}})
        dynamodb.scan(TableName=name)
        dynamodb.delete_table(TableName=name)

    def _function(self, name: str) -> None:
        client, logs = self._client["lambda"], self._client["logs"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("code.py", HANDLER)
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="code.handler",
            Role=ROLE,
            Code={"ZipFile": archive.getvalue()},
        )
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        for i in range(max(5, self._size // 2000)):
            client.invoke(FunctionName=name, Payload=json.dumps({"n": i, "t": "t" * 500}).encode())
        client.delete_function(FunctionName=name)
        group = f"/aws/lambda/{name}"
        wait_until(
            lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"],
            what="the function's log group",
        )
        logs.delete_log_group(logGroupName=group)

    def _empty(self, name: str) -> None:
        s3 = self._client["s3"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            keys = [{"Key": o["Key"]} for o in page.get("Contents", [])]
            if keys:
                s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})


def _active(describe: Callable[[], Any], field: str) -> None:
    wait_until(lambda: f"'{field}': 'ACTIVE'" in str(describe()), what=f"{field} ACTIVE")


def sample(running: Running, folder: Path, requests: int) -> Sample:
    """Look at the emulator."""
    process = psutil.Process(running.pid)
    children = 0
    for child in process.children(recursive=True):
        try:
            children += child.memory_info().rss
        except psutil.Error:
            continue
    files = list(folder.rglob("*"))
    log = sum(_size(p) for p in files if p.name.startswith("emulator.log"))
    stored = sum(map(_size, files)) - log
    return Sample(process.memory_info().rss, children, len(files), stored, log, requests)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # it went meanwhile
        return 0


def verdict(samples: list[Sample]) -> list[str]:
    """Say what grows: the last rounds against the plateau, which begins after the first third."""
    if len(samples) < 6:
        return [f"{len(samples)} rounds are too few to tell: give it more minutes"]
    third = len(samples) // 3
    plateau, last = samples[third : 2 * third], samples[-third:]
    found = []
    for name, slack in (("own", None), ("children", None), ("files", 4), ("stored", 4 << 20)):
        before = median([getattr(s, name) for s in plateau])
        after = median([getattr(s, name) for s in last])
        if after > (ALLOWED * before if slack is None else before + slack):
            found.append(f"{name}: {before:,.0f} became {after:,.0f}")
    if samples[-1].log > LOG_BYTES:
        found.append(f"the log has {samples[-1].log:,} bytes")
    return found


def main(arguments: list[str]) -> int:
    """Run rounds for some minutes; 1 when something grows."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--size", type=int, default=10_000, help="records of a round's stream")
    options = parser.parse_args(arguments)
    samples: list[Sample] = []
    with emulator() as running:
        folder = folder_of(running)
        load, end = Round(running.url, options.size), time.monotonic() + 60 * options.minutes
        while time.monotonic() < end:
            load.run()
            time.sleep(3)  # what is given back by time
            samples.append(sample(running, folder, load.requests))
            found = samples[-1]
            print(
                f"round {len(samples):3}: {found.requests:7,} requests, emulator "
                f"{found.own >> 20} MB, its processes {found.children >> 20} MB, {found.files} "
                f"files ({found.stored >> 10:,} kB), log {found.log >> 10:,} kB",
                flush=True,
            )
    grown = verdict(samples)
    print("\n".join(f"grows: {line}" for line in grown) or "nothing grows")
    return 1 if grown else 0


def folder_of(running: Running) -> Path:
    """Folder of an emulator that this process may not have started itself."""
    environment = psutil.Process(running.pid).environ()
    return Path(environment.get("LAKE_EMULATOR") or Emulator(running.port, paths.home()).folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
