"""The operation of a request, and the parts of its path, are those that LocalStack finds."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from localstack.aws.protocol.op_router import RestServiceOperationRouter
from localstack.aws.spec import load_service
from localstack.http import Request

from lakestack import patches
from lakestack.services.operation_routes import find, matcher, routes_of

SERVICES = ("s3", "lambda", "apigateway", "cloudfront", "route53", "efs", "iot-data")
METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS", "PATCH", "WEBSOCKET")
PARTS = (
    *("bucket", "a%20b", "a+b", "%2F", "%C3%A4", "a;b", "a:b", "", ".", "..", "functions", "a@b"),
    *("2015-03-31", "WriteGetObjectResponse", "ü", "a|b", "%", "%zz", "a=b&c", "[", "tags"),
)
QUERIES = ("", "?", "?acl", "?uploads", "?uploadId=1&partNumber=2", "?versionId=1", "?list-type=2")
HEADERS: tuple[dict[str, str], ...] = (
    *({}, {"x-amz-copy-source": "/a/b"}, {"X-Amz-Copy-Source": "", "x-amz-rename-source": "a"}),
    *({"Host": "a..b"}, {"Host": "k" * 70}, {"Host": "bucket.s3.localhost:4566"}),
)


@cache
def _router(service: str) -> RestServiceOperationRouter:
    return RestServiceOperationRouter(load_service(service))


def _request(chance: random.Random) -> Request:
    path = "/" + "/".join(chance.choice(PARTS) for _ in range(chance.randrange(6)))
    uri = path + chance.choice(QUERIES)
    if chance.random() < 0.1:
        uri = f"http://localhost:4566{uri}"
    headers = {"Host": "127.0.0.1:4566", **chance.choice(HEADERS)}
    query = uri.partition("?")[2]
    request = Request(chance.choice(METHODS), path, headers=headers, query_string=query)
    request.environ["RAW_URI"] = uri
    return request


def _found(match: Any, router: Any, request: Any) -> Any:
    try:
        operation, parts = match(router, request)
    except Exception as e:
        return type(e), str(e)
    return operation.name, dict(parts)


@pytest.mark.parametrize("service", SERVICES)
def test_any_request(service: str) -> None:
    original = patches.original("operation_routes.match")
    ours, router, chance = matcher(original), _router(service), random.Random(7)
    for _ in range(2_500):
        request = _request(chance)
        found = _found(ours, router, request)
        said = request.method, request.environ["RAW_URI"], list(request.headers)
        assert found == _found(original, router, request), said


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE"])
@pytest.mark.parametrize("path", ["/b", "/b/k", "/b/a/b.c", "/b/a%20b/?acl"])
def test_common_requests_of_s3_are_found(method: str, path: str) -> None:
    """Without a look into werkzeug's tables."""
    request = Request(method, path.partition("?")[0], query_string=path.partition("?")[2])
    request.environ["RAW_URI"] = path
    request.headers["Host"] = "127.0.0.1:4566"
    if (method, path[-4:]) != ("HEAD", "?acl"):
        assert find(routes_of(_router("s3")._map.iter_rules()), request) is not None
