"""Right requests of API Gateway's HTTP APIs; see `malformed_bases`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.contract.request_validation.malformed_values import UNIQUE, Base
from tests.support import ACCOUNT, REGION, unique


def http_apis(aws: Callable[[str], Any]) -> list[Base]:
    """An API of quick create, and requests about it."""
    client = aws("apigatewayv2")
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"
    new = {
        "ProtocolType": "HTTP",
        "Description": "a",
        "CorsConfiguration": {"AllowOrigins": ["https://a.example"], "MaxAge": 5},
        "Tags": {"a": "b"},
        "Version": "1",
    }
    made = client.create_api(Name=unique("fz"), Target=function, **new)
    api = {"ApiId": made["ApiId"]}
    arn = f"arn:aws:apigateway:{REGION}::/apis/{made['ApiId']}"
    (integration,) = client.get_integrations(**api)["Items"]
    one = {**api, "IntegrationId": integration["IntegrationId"]}
    parameters = {
        "RequestParameters": {"append:header.a": "b"},
        "ResponseParameters": {"200": {"append:header.a": "b"}},
        "TimeoutInMillis": 100,
    }
    definition = {"openapi": "3.0.1", "info": {"title": "a"}, "paths": {"/a": {"get": {}}}}
    authorizer = {
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": function,
        "AuthorizerPayloadFormatVersion": "2.0",
        "AuthorizerResultTtlInSeconds": 5,
        "IdentitySource": ["$request.header.a"],
        "EnableSimpleResponses": True,
    }
    stage = {"StageVariables": {"a": "b"}, "AutoDeploy": True, "Description": "a"}
    settings = {"RouteSettings": {"$default": {"ThrottlingBurstLimit": 1}}, "Tags": {"a": "b"}}
    return [
        ("CreateApi", {"Name": UNIQUE, "RouteKey": "GET /a", "Target": function, **new}),
        ("GetApi", api),
        ("GetApis", {"MaxResults": "1", "NextToken": "0"}),
        ("UpdateApi", {**api, "Description": "b", "CorsConfiguration": {"AllowMethods": ["GET"]}}),
        ("ImportApi", {"Body": json.dumps(definition), "FailOnWarnings": True}),
        ("UpdateIntegration", {**one, **parameters}),
        ("CreateRoute", {**api, "RouteKey": "GET /b", "AuthorizationScopes": []}),
        ("CreateAuthorizer", {**api, "Name": UNIQUE, **authorizer}),
        ("CreateStage", {**api, "StageName": UNIQUE, **stage, **settings}),
        ("CreateDeployment", {**api, "Description": "a"}),
        ("GetRoutes", {**api, "MaxResults": "1"}),
        ("TagResource", {"ResourceArn": arn, "Tags": {"a": "b"}}),
        ("UntagResource", {"ResourceArn": arn, "TagKeys": ["a"]}),
    ]
