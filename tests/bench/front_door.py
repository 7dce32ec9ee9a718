"""What each request pays before its service sees it, measured in process, side by side.

A chain of LocalStack's handlers with ours, and one with those that ours replace, in turn over the
same requests: what a client sends is small against what HTTP and a busy machine add, so it would
not be seen from outside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Request, Response
from werkzeug.datastructures import Headers

from lakestack.services.front_guard.handlers import (
    Application,
    CorsGate,
    CorsHeaders,
    FrontGuard,
    InternalEnd,
    verdict_of,
)
from lakestack.services.front_guard.rules import Way
from tests.bench.measure import side_by_side
from tests.bench.report import Figure
from tests.contract.front_guard.guard_helpers import SIGNATURE

ROUNDS, REPEATS = 15, 200
PORT = 4566
JSON = "application/x-amz-json-1.1"
PRESIGNED = "X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Signature=s"
REQUESTS = [
    # method, path, query, host, signing name, further headers
    ("POST", "/", "", "127.0.0.1", "kinesis", {"X-Amz-Target": "Kinesis_20131202.PutRecords"}),
    ("POST", "/", "", "127.0.0.1", "dynamodb", {"X-Amz-Target": "DynamoDB_20120810.PutItem"}),
    ("POST", "/", "", "localhost", "cloudformation", {}),
    ("POST", "/2015-03-31/functions/f/invocations", "", "127.0.0.1", "lambda", {}),
    ("PUT", "/bucket/some/key.csv", "", "127.0.0.1", "s3", {"X-Amz-Meta-A": "b"}),
    ("GET", "/some/key.csv", "", "bucket.s3.localhost.localstack.cloud", "s3", {}),
    ("GET", "/bucket/k", PRESIGNED, "localhost", "", {}),
    ("GET", "/_localstack/health", "", "127.0.0.1", "", {}),
]
USUAL = {
    "Accept-Encoding": "identity",
    "User-Agent": "Boto3/1.40.40 md/Botocore#1.40.40 ua/2.1 os/linux lang/python#3.11.7",
    "X-Amz-Date": "20261126T120000Z",
    "amz-sdk-invocation-id": "4ad3d2f5-9d58-4a48-8a4f-1d2d3a1fd6ae",
    "amz-sdk-request": "attempt=1",
    "Content-Type": JSON,
}


def run() -> Iterator[Figure]:
    """Yield the milliseconds that the guard adds to a request."""
    guarded = _chain(
        [FrontGuard(frozenset()), CorsGate(), Application(), InternalEnd()], [CorsHeaders()]
    )
    _check(guarded)
    plain = _chain([handlers.enforce_cors], [handlers.add_cors_response_headers])
    yield added("front guard", guarded, plain, 0.15)


def added(
    name: str, ours: Callable[[], HandlerChain], theirs: Callable[[], HandlerChain], goal: float
) -> Figure:
    """Milliseconds a request by which one chain is slower than the other."""
    with_it, without = side_by_side(lambda: _time(ours), lambda: _time(theirs), ROUNDS)
    detail = (
        f"{len(REQUESTS)} kinds of request, median of {ROUNDS} rounds of {REPEATS} each; "
        f"with it {with_it:.3f} ms, without {without:.3f} ms"
    )
    return Figure(f"{name}, each request", with_it - without, "ms", goal, True, detail)


def _check(make: Callable[[], HandlerChain]) -> None:
    """What is measured is what a client meets: each request passes the guard."""
    for description in REQUESTS:
        context = RequestContext(request=_request(*description))
        make().handle(context, Response())
        verdict = verdict_of(context)
        if verdict is None or verdict.way is Way.REFUSED:
            raise RuntimeError(f"{description} does not pass the guard: {verdict}")


def _chain(first: list[Any], last: list[Any]) -> Callable[[], HandlerChain]:
    return lambda: HandlerChain(first, last, [], [])


def _time(make: Callable[[], HandlerChain]) -> float:
    """Milliseconds of CPU a request, without those for making the request itself."""
    contexts = [RequestContext(request=_request(*r)) for r in REQUESTS for _ in range(REPEATS)]

    responses = [Response() for _ in contexts]
    began = time.thread_time()  # other processes are not the guard's cost
    for context, response in zip(contexts, responses, strict=True):
        make().handle(context, response)
    return (time.thread_time() - began) * 1000 / len(contexts)


def _request(
    method: str, path: str, query: str, host: str, service: str, further: dict[str, str]
) -> Request:
    headers = Headers({"Host": f"{host}:{PORT}", **USUAL, **further})
    if service:
        headers["Authorization"] = SIGNATURE.format(service=service)
    request = Request(method, path, headers, b"{}", query_string=query, server=("127.0.0.1", PORT))
    request.environ["lake.network"] = True  # as a request that came over HTTP
    request.environ["RAW_URI"] = f"{path}?{query}" if query else path
    return request
