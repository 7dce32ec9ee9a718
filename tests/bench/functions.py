"""Lambda functions: cold, warm, twenty at once; and Kinesis to DynamoDB through a mapping."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pipeline.lambdas import consumer
from tests.bench import lake
from tests.bench.measure import median, seconds
from tests.bench.report import Figure
from tests.contract.lambda_ import helpers as lambda_helpers
from tests.integration.pipeline.streamed_ratings import (
    Ratings,
    StreamedRatings,
    event,
    make_ratings,
)
from tests.support import emulator, unique, wait_until

COLD_STARTS, WARM_CALLS, CONCURRENT = 7, 200, 20
RATINGS = 20_000

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
    """Yield cold and warm times, the time of 20 calls at once, a mapping's time and deliveries."""
    with emulator() as running:

        def aws(service: str) -> Any:
            return lake.client(service, running.url)

        yield from _invocations(aws)
        yield from _mapping(aws)


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


def _mapping(aws: Callable[[str], Any]) -> Iterator[Figure]:
    """20,000 ratings in a stream, written to DynamoDB by the lake's own consumer."""
    stream = StreamedRatings(aws, unique("bench"))
    ratings = make_ratings(RATINGS)
    stream.put(ratings)
    stream.make_consumer()
    began = time.perf_counter()
    mapping = stream.map()
    wait_until(lambda: stream.count() == RATINGS, timeout=120, every=0.5, what="all ratings")
    took = time.perf_counter() - began
    straight = _straight(aws, stream, ratings)
    detail = f"{RATINGS:,} ratings, one shard; the same writes without the stream {straight:.1f} s"
    yield Figure("stream to DynamoDB", took, "s", 20, True, detail)
    stream.unmap(mapping)  # so that nothing comes after it was counted
    received = stream.received()
    detail = f"received by the function {received:,}, sent {RATINGS:,}; all in the table"
    yield Figure("delivered over sent", received / RATINGS, "x", 1, True, detail)


def _straight(aws: Callable[[str], Any], stream: StreamedRatings, ratings: Ratings) -> float:
    """Seconds for the consumer's conditional writes from here, with no stream and no function."""
    table, dynamodb = unique("bench"), aws("dynamodb")
    stream.make_table(table)
    items = [i for key, value in ratings.items() for i in consumer.read_items(event(key, *value))]

    def write() -> None:
        for start in range(0, RATINGS, consumer.ITEMS):
            consumer.put_items(dynamodb, table, items[start : start + consumer.ITEMS])

    return seconds(write)
