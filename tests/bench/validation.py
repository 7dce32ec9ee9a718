"""What it costs to read and check requests, beside LocalStack's own reading of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.protocol.parser import create_parser
from localstack.aws.spec import load_service
from localstack.http import Request

from tests.bench.measure import median
from tests.bench.report import Figure
from tests.contract.request_validation.malformed_wire import request_parts

ROUNDS, USUAL_CALLS, LARGE_CALLS = 5, 300, 20
GOAL_MILLISECONDS = 0.15

USUAL: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("kinesis", "PutRecord", {"StreamName": "s", "Data": b"x" * 200, "PartitionKey": "1"}),
    ("dynamodb", "GetItem", {"TableName": "ratings", "Key": {"userId": {"N": "1"}}}),
    ("glue", "GetTable", {"DatabaseName": "lake", "Name": "ratings"}),
    ("lambda", "GetFunction", {"FunctionName": "f"}),
    ("cloudformation", "DescribeStacks", {"StackName": "lake"}),
    ("s3", "GetObject", {"Bucket": "b", "Key": "k"}),
)
_ITEM = {name: {"S": "a value"} for name in ("userId", "movieId", "rating", "title", "genres")}
LARGE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "kinesis",
        "PutRecords",
        {"StreamName": "s", "Records": [{"Data": b"x" * 100, "PartitionKey": "1"}] * 500},
    ),
    (
        "dynamodb",
        "BatchWriteItem",
        {"RequestItems": {"ratings": [{"PutRequest": {"Item": _ITEM}}] * 25}},
    ),
)
Read = Callable[[RequestContext], object]


def run() -> Iterator[Figure]:
    """Yield the milliseconds that a usual request pays, and the ratio for large ones."""
    theirs = {(s, o): _milliseconds(_localstack, s, o, p, LARGE_CALLS) for s, o, p in LARGE}
    base = [_milliseconds(_localstack, *request, USUAL_CALLS) for request in USUAL]
    from lakestack.services import request_validation

    request_validation.install()
    from lakestack.services.request_validation.handler import read_request

    ours = [_milliseconds(read_request, *request, USUAL_CALLS) for request in USUAL]
    added = [mine - before for mine, before in zip(ours, base, strict=True)]
    listed = ", ".join(
        f"{operation} {mine:.3f} ({before:.3f})"
        for (_, operation, _), mine, before in zip(USUAL, ours, base, strict=True)
    )
    yield Figure(
        "validation",
        max(added),
        "ms",
        GOAL_MILLISECONDS,
        True,
        f"added to the dearest of usual requests; ms each, before in brackets: {listed}",
    )
    for service, operation, params in LARGE:
        before = theirs[service, operation]
        mine = _milliseconds(read_request, service, operation, params, LARGE_CALLS)
        yield Figure(
            f"validation of {operation}",
            mine / before,
            "x",
            1.1,
            True,
            f"{mine:.2f} ms to read and check, LocalStack's reading alone {before:.2f} ms",
        )


def _localstack(context: RequestContext) -> object:
    return create_parser(context.service, context.protocol).parse(context.request)


def _milliseconds(
    read: Read, service: str, operation: str, params: dict[str, Any], calls: int
) -> float:
    """Median over rounds of the mean processor time of one call: others do not disturb it."""
    api = load_service(service)
    method, path, headers, body = request_parts(service, operation, params)
    path, _, query = path.partition("?")

    def context() -> RequestContext:
        request = Request(method, path, body=body, headers=headers, query_string=query)
        made = RequestContext(request)
        made.service, made.protocol = api, api.protocol
        return made

    read(context())  # compiles the shape
    rounds = []
    for _ in range(ROUNDS):
        contexts = [context() for _ in range(calls)]
        began = time.process_time()
        for made in contexts:
            read(made)
        rounds.append((time.process_time() - began) / calls * 1000)
    return median(rounds)
