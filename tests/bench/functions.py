"""Lambda functions: cold, warm, twenty at once; and Kinesis to DynamoDB through a mapping."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tests.bench import lake
from tests.bench.measure import median, seconds
from tests.bench.report import Figure
from tests.contract import lambda_helpers
from tests.support import PROJECT, emulator, unique, wait_until

COLD_STARTS, WARM_CALLS, CONCURRENT = 7, 200, 20
RATINGS, BATCH = 20_000, 500

USES_BOTO3 = """
import boto3
s3 = boto3.client("s3")

def handler(event, context):
    return len(s3.list_buckets()["Buckets"])
"""
SLEEPS = """
import os, time

def handler(event, context):
    time.sleep(1)
    return os.getpid()
"""


def run() -> Iterator[Figure]:
    """Yield cold and warm times, the time of 20 calls at once, and a mapping's time."""
    with emulator() as running:

        def aws(service: str) -> Any:
            return lake.client(service, running.url)

        yield from _invocations(aws)
        yield _mapping(aws)


def _invocations(aws: Callable[[str], Any]) -> Iterator[Figure]:
    names = [unique("bench") for _ in range(COLD_STARTS)]
    for name in names:
        lambda_helpers.create(aws, name, USES_BOTO3)
    cold = [seconds(partial(lambda_helpers.invoke, aws, name)) for name in names]
    client = aws("lambda")
    warm = [
        seconds(lambda: client.invoke(FunctionName=name)["Payload"].read())
        for _ in range(WARM_CALLS)
    ]
    detail = f"median of {COLD_STARTS}, a boto3 client made on import"
    yield Figure("Lambda cold start", median(cold), "s", 1, True, detail)
    detail = f"median of {WARM_CALLS}, one S3 call each"
    yield Figure("Lambda warm", median(warm) * 1000, "ms", 30, True, detail)
    yield _concurrent(aws)


def _concurrent(aws: Callable[[str], Any]) -> Figure:
    name = unique("bench")
    lambda_helpers.create(aws, name, SLEEPS)
    client = aws("lambda")

    def invoke(_: int) -> int:
        return int(json.loads(client.invoke(FunctionName=name)["Payload"].read()))

    with ThreadPoolExecutor(CONCURRENT) as pool:
        began = time.perf_counter()
        environments = set(pool.map(invoke, range(CONCURRENT)))
        took = time.perf_counter() - began
    if len(environments) != CONCURRENT:
        raise RuntimeError(f"{len(environments)} environments for {CONCURRENT} calls at once")
    detail = "each sleeps 1 s in an environment of its own, all cold"
    return Figure(f"Lambda, {CONCURRENT} at once", took, "s", 10, True, detail)


def _mapping(aws: Callable[[str], Any]) -> Figure:
    """20,000 ratings in a stream, written to DynamoDB by the lake's own consumer."""
    name = unique("bench")
    kinesis, dynamodb = aws("kinesis"), aws("dynamodb")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    for first in range(0, RATINGS, BATCH):
        records = [_record(i) for i in range(first, first + BATCH)]
        kinesis.put_records(StreamName=name, Records=records)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "userId", "KeyType": "HASH"},
            {"AttributeName": "movieId", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "userId", "AttributeType": "S"},
            {"AttributeName": "movieId", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    code = (PROJECT / "pipeline" / "lambdas" / "consumer.py").read_text()
    function = lambda_helpers.create(
        aws,
        name,
        lambda_helpers.packed({"consumer.py": code}),
        Handler="consumer.handler",
        Timeout=60,
        Environment={"Variables": {"TABLE": name}},
    )
    began = time.perf_counter()
    aws("lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"],
        StartingPosition="TRIM_HORIZON",
        BatchSize=1000,
    )
    wait_until(
        lambda: _count(dynamodb, name) == RATINGS, timeout=120, every=0.5, what="all ratings"
    )
    took = time.perf_counter() - began
    detail = f"{RATINGS:,} ratings, conditional writes, one shard"
    return Figure("stream to DynamoDB", took, "s", 20, True, detail)


def _record(i: int) -> dict[str, Any]:
    rating = {"userId": 1 + i % 671, "movieId": i, "rating": 3.5, "timestamp": 1260759144 + i}
    return {"Data": json.dumps(rating).encode() + b"\n", "PartitionKey": str(rating["userId"])}


def _count(dynamodb: Any, table: str) -> int:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, Select="COUNT")
    return sum(page["Count"] for page in pages)
