"""The control plane: what is made, shown, changed, refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.apigatewayv2.helpers import Aws, api, quick
from tests.support import ACCOUNT, REGION

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"
INVOKED = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_api_and_its_settings(aws: Aws, name: str) -> None:
    client = aws("apigatewayv2")
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 5}
    made = client.create_api(
        Name=name, ProtocolType="HTTP", Tags={"a": "b"}, CorsConfiguration=cors, Version="v1"
    )
    api_id = made["ApiId"]
    assert made["ApiEndpoint"] == f"https://{api_id}.execute-api.{REGION}.amazonaws.com"
    assert made["RouteSelectionExpression"] == "$request.method $request.path"

    client.update_api(ApiId=api_id, Description="new", DisableExecuteApiEndpoint=True)
    shown = client.get_api(ApiId=api_id)
    assert (shown["Description"], shown["DisableExecuteApiEndpoint"]) == ("new", True)
    assert (shown["CorsConfiguration"], shown["Version"]) == (cors, "v1")
    assert api_id in [each["ApiId"] for each in client.get_apis()["Items"]]

    arn = f"arn:aws:apigateway:{REGION}::/apis/{api_id}"
    client.tag_resource(ResourceArn=arn, Tags={"c": "d"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.get_tags(ResourceArn=arn)["Tags"] == {"c": "d"}

    client.delete_cors_configuration(ApiId=api_id)
    assert "CorsConfiguration" not in client.get_api(ApiId=api_id)
    client.delete_api(ApiId=api_id)
    assert refused(client.get_api, ApiId=api_id)[0] == "NotFoundException"


def test_quick_create(aws: Aws, name: str) -> None:
    client = aws("apigatewayv2")
    api_id = quick(aws, name, FUNCTION, RouteKey="GET /pets")
    (integration,) = client.get_integrations(ApiId=api_id)["Items"]
    (route,) = client.get_routes(ApiId=api_id)["Items"]
    (stage,) = client.get_stages(ApiId=api_id)["Items"]
    assert (integration["IntegrationUri"], integration["PayloadFormatVersion"]) == (FUNCTION, "2.0")
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    assert (route["RouteKey"], route["ApiGatewayManaged"]) == ("GET /pets", True)
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DeploymentId"]

    client.update_api(ApiId=api_id, Target=INVOKED, RouteKey="$default")
    assert client.get_integrations(ApiId=api_id)["Items"][0]["IntegrationUri"] == INVOKED
    assert client.get_routes(ApiId=api_id)["Items"][0]["RouteKey"] == "$default"


def test_parts_are_changed_and_deleted(aws: Aws, name: str) -> None:
    client, api_id = aws("apigatewayv2"), api(aws, name)
    made = client.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=FUNCTION,
        PayloadFormatVersion="2.0",
        RequestParameters={"append:header.a": "b", "append:header.c": "d"},
    )
    named = {"ApiId": api_id, "IntegrationId": made["IntegrationId"]}
    assert (made["TimeoutInMillis"], made["ConnectionType"]) == (30000, "INTERNET")
    changed = client.update_integration(
        **named, PayloadFormatVersion="1.0", RequestParameters={"append:header.a": ""}
    )
    assert changed["PayloadFormatVersion"] == "1.0"
    assert changed["RequestParameters"] == {"append:header.c": "d"}

    target = f"integrations/{made['IntegrationId']}"
    route = client.create_route(ApiId=api_id, RouteKey="GET /a", Target=target)
    again = {"ApiId": api_id, "RouteKey": "GET /a"}
    assert refused(client.create_route, **again) == (
        "ConflictException",
        "Route with key GET /a already exists for this API",
    )
    assert refused(client.delete_integration, **named)[0] == "ConflictException"
    client.update_route(ApiId=api_id, RouteId=route["RouteId"], RouteKey="GET /b")
    assert [r["RouteKey"] for r in client.get_routes(ApiId=api_id)["Items"]] == ["GET /b"]
    client.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    client.delete_integration(**named)
    assert client.get_integrations(ApiId=api_id)["Items"] == []


def test_stages_and_deployments(aws: Aws, name: str) -> None:
    client = aws("apigatewayv2")
    api_id = client.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    assert refused(client.create_deployment, ApiId=api_id) == (
        "BadRequestException",
        "At least one route is required before deploying the Api.",
    )
    client.create_route(ApiId=api_id, RouteKey="$default")
    stage = {"ApiId": api_id, "StageName": "dev"}
    client.create_stage(**stage, StageVariables={"a": "1"}, Tags={"t": "u"})
    assert refused(client.create_stage, **stage) == ("ConflictException", "Stage already exists")
    made = client.create_deployment(**stage, Description="first")
    assert (made["DeploymentStatus"], made["AutoDeployed"]) == ("DEPLOYED", False)
    assert client.get_stage(**stage)["DeploymentId"] == made["DeploymentId"]
    named = {"ApiId": api_id, "DeploymentId": made["DeploymentId"]}
    assert refused(client.delete_deployment, **named)[0] == "BadRequestException"
    changed = client.update_stage(**stage, StageVariables={"a": "", "b": "2"}, AutoDeploy=True)
    assert (changed["StageVariables"], changed["AutoDeploy"]) == ({"b": "2"}, True)
    assert changed["DeploymentId"] != made["DeploymentId"]
    client.delete_deployment(**named)
    arn = f"arn:aws:apigateway:{REGION}::/apis/{api_id}/stages/dev"
    assert client.get_tags(ResourceArn=arn)["Tags"] == {"t": "u"}
    client.delete_stage(**stage)
    assert client.get_stages(ApiId=api_id)["Items"] == []


def test_pages(aws: Aws, name: str) -> None:
    client, api_id = aws("apigatewayv2"), api(aws, name)
    for key in ("GET /a", "GET /b", "GET /c"):
        client.create_route(ApiId=api_id, RouteKey=key)
    first = client.get_routes(ApiId=api_id, MaxResults="2")
    rest = client.get_routes(ApiId=api_id, MaxResults="2", NextToken=first["NextToken"])
    assert [r["RouteKey"] for r in first["Items"] + rest["Items"]] == ["GET /a", "GET /b", "GET /c"]
    assert "NextToken" not in rest
    wrong = {"ApiId": api_id, "NextToken": "x"}
    assert refused(client.get_routes, **wrong)[0] == "BadRequestException"


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("create_api", {"Name": "a", "ProtocolType": "WEBSOCKET"}, "InternalFailure"),
        ("create_api", {"Name": "a", "ProtocolType": "FTP"}, "BadRequestException"),
        ("create_vpc_link", {"Name": "a", "SubnetIds": ["a"]}, "InternalFailure"),
        ("create_domain_name", {"DomainName": "a.example"}, "InternalFailure"),
    ],
)
def test_what_is_not_made(aws: Aws, operation: str, request_: Any, code: str) -> None:
    assert refused(getattr(aws("apigatewayv2"), operation), **request_)[0] == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"IntegrationType": "MOCK"}, "BadRequestException"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION}, "BadRequestException"),
        (
            {
                "IntegrationType": "HTTP_PROXY",
                "IntegrationMethod": "GET",
                "IntegrationUri": "https://api.example.com/",
            },
            "InternalFailure",
        ),
        ({"IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK"}, "InternalFailure"),
        (
            {"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "AppConfig-GetConfiguration"},
            "InternalFailure",
        ),
        (
            {"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "SQS-SendMessage"},
            "BadRequestException",
        ),
        (
            {
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": FUNCTION,
                "PayloadFormatVersion": "2.0",
                "RequestParameters": {"overwrite:header.Authorization": "a"},
            },
            "BadRequestException",
        ),
    ],
)
def test_what_is_no_integration(aws: Aws, name: str, given: Any, code: str) -> None:
    client, api_id = aws("apigatewayv2"), api(aws, name)
    assert refused(client.create_integration, ApiId=api_id, **given)[0] == code
    assert client.get_integrations(ApiId=api_id)["Items"] == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"RouteKey": "pets"}, "BadRequestException"),
        ({"RouteKey": "GET /a", "ApiKeyRequired": True}, "BadRequestException"),
        ({"RouteKey": "GET /a", "Target": "integrations/none"}, "NotFoundException"),
        ({"RouteKey": "GET /a", "AuthorizationType": "CUSTOM"}, "BadRequestException"),
        (
            {"RouteKey": "GET /a", "AuthorizationType": "JWT", "AuthorizerId": "none"},
            "NotFoundException",
        ),
    ],
)
def test_what_is_no_route(aws: Aws, name: str, given: Any, code: str) -> None:
    client, api_id = aws("apigatewayv2"), api(aws, name)
    assert refused(client.create_route, ApiId=api_id, **given)[0] == code
    assert client.get_routes(ApiId=api_id)["Items"] == []


DEFINITION = {
    "openapi": "3.0.1",
    "info": {"title": "imported", "version": "7"},
    "x-amazon-apigateway-cors": {"allowOrigins": ["https://a.example"], "maxAge": 3},
    "tags": [{"name": "a", "x-amazon-apigateway-tag-value": "b"}],
    "components": {
        "securitySchemes": {
            "mine": {
                "type": "apiKey",
                "name": "unused",
                "in": "header",
                "x-amazon-apigateway-authorizer": {
                    "type": "request",
                    "identitySource": "$request.header.a, $request.querystring.b",
                    "authorizerUri": INVOKED,
                    "authorizerPayloadFormatVersion": "2.0",
                    "authorizerResultTtlInSeconds": 0,
                    "enableSimpleResponses": True,
                },
            }
        }
    },
    "paths": {
        "/pets/{id}": {
            "get": {
                "security": [{"mine": []}],
                "x-amazon-apigateway-integration": {
                    "type": "aws_proxy",
                    "httpMethod": "POST",
                    "uri": INVOKED,
                    "payloadFormatVersion": "2.0",
                },
            }
        },
        "/$default": {
            "x-amazon-apigateway-any-method": {
                "isDefaultRoute": True,
                "x-amazon-apigateway-integration": {
                    "type": "aws_proxy",
                    "httpMethod": "POST",
                    "uri": INVOKED,
                    "payloadFormatVersion": "1.0",
                },
            }
        },
    },
}


def test_a_definition_is_imported_and_again(aws: Aws) -> None:
    client = aws("apigatewayv2")
    made = client.import_api(Body=json.dumps(DEFINITION))
    api_id = made["ApiId"]
    assert (made["Name"], made["Version"], made["Tags"]) == ("imported", "7", {"a": "b"})
    assert made["CorsConfiguration"] == {"AllowOrigins": ["https://a.example"], "MaxAge": 3}
    (authorizer,) = client.get_authorizers(ApiId=api_id)["Items"]
    assert authorizer["IdentitySource"] == ["$request.header.a", "$request.querystring.b"]
    routes = {route["RouteKey"]: route for route in client.get_routes(ApiId=api_id)["Items"]}
    assert set(routes) == {"GET /pets/{id}", "$default"}
    assert routes["GET /pets/{id}"]["AuthorizationType"] == "CUSTOM"
    assert routes["GET /pets/{id}"]["AuthorizerId"] == authorizer["AuthorizerId"]
    assert routes["$default"]["AuthorizationType"] == "NONE"

    paths: Any = {"/other": DEFINITION["paths"]["/$default"]}  # type: ignore[index]
    client.reimport_api(ApiId=api_id, Body=json.dumps({**DEFINITION, "paths": paths}))
    found = [route["RouteKey"] for route in client.get_routes(ApiId=api_id)["Items"]]
    assert found == ["ANY /other"]


@pytest.mark.parametrize(
    "definition",
    [
        "{",
        json.dumps({"swagger": "2.0", "info": {"title": "a"}}),
        json.dumps({"openapi": "3.0.1", "info": {}}),
        json.dumps(
            {
                "openapi": "3.0.1",
                "info": {"title": "a"},
                "paths": {"/a": {"get": {"security": [{"unknown": []}]}}},
            }
        ),
    ],
)
def test_a_definition_that_is_none_or_would_be_open(aws: Aws, definition: str) -> None:
    client = aws("apigatewayv2")
    before = len(client.get_apis()["Items"])
    assert refused(client.import_api, Body=definition)[0] == "BadRequestException"
    assert len(client.get_apis()["Items"]) == before


def test_a_jwt_authorizer_is_refused_by_name(aws: Aws, name: str) -> None:
    client, api_id = aws("apigatewayv2"), api(aws, name)
    code, said = refused(
        client.create_authorizer,
        ApiId=api_id,
        Name=name,
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Audience": ["a"], "Issuer": "https://issuer.example"},
    )
    assert (code, "JWT authorizer" in said) == ("InternalFailure", True)
