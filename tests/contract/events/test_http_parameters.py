"""HttpParameters of API destinations and stages: words, or JSON paths into the event itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.events.endpoint import Endpoint
from tests.contract.events.helpers import ROLE, Aws
from tests.contract.events.test_api_destinations import API_KEY, arrived, destination
from tests.contract.events.test_rule_targets import put, rule
from tests.support import unique

HTTP: dict[str, Any] = {
    "PathParameterValues": ["$.detail.items[1]", "$price"],
    "HeaderParameters": {"X-Source": "$.source", "X-Word": "$5.00", "X-None": "$.detail.none"},
    "QueryStringParameters": {"n": "$.detail.n", "on": "$.detail.on", "part": "a $.detail.n"},
}
DETAIL = {"items": ["x", "y z"], "n": 7, "on": True}
QUERY = {"n": ["7"], "on": ["true"], "part": ["a $.detail.n"]}


def test_an_api_destination(aws: Aws, endpoint: Endpoint, name: str) -> None:
    arn = destination(aws, f"{endpoint.url}/a/*/*", "API_KEY", API_KEY)
    rule(aws, name, {"Arn": arn, "RoleArn": ROLE, "HttpParameters": HTTP, "Input": "[]"})
    put(aws, name, DETAIL)
    put(aws, name, {**DETAIL, "items": ["x", "other"]})
    first, second = arrived(endpoint, 2)
    url = urlsplit(first.path)
    assert (url.path, parse_qs(url.query)) == ("/a/y%20z/%24price", QUERY)
    headers = first.headers
    assert (headers["x-source"], headers["x-word"], headers["x-none"]) == (name, "$5.00", "")
    assert first.json() == []
    assert second.path.startswith("/a/other/")


def test_a_stage(aws: Aws, endpoint: Endpoint, name: str) -> None:
    gateway = aws("apigateway")
    api = gateway.create_rest_api(name=unique("api"))["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    part = gateway.create_resource(restApiId=api, parentId=root, pathPart="{part}")["id"]
    where = {"restApiId": api, "resourceId": part, "httpMethod": "POST"}
    gateway.put_method(
        **where, authorizationType="NONE", requestParameters={"method.request.path.part": True}
    )
    gateway.put_integration(
        **where,
        type="HTTP_PROXY",
        integrationHttpMethod="POST",
        uri=f"{endpoint.url}/in/{{part}}",
        requestParameters={"integration.request.path.part": "method.request.path.part"},
    )
    gateway.create_deployment(restApiId=api, stageName="dev")
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api}/dev/POST/*"
    http = {**HTTP, "PathParameterValues": ["$.detail.items[0]"]}
    rule(aws, name, {"Arn": arn, "RoleArn": ROLE, "HttpParameters": http, "Input": '"text"'})
    put(aws, name, DETAIL)
    [asked] = arrived(endpoint)
    url = urlsplit(asked.path)
    assert (url.path, parse_qs(url.query)) == ("/in/x", QUERY)
    assert (asked.headers["x-source"], asked.json()) == (name, "text")
