"""HTTP APIs out of templates: CloudFormation's types, and SAM's HttpApi with its events."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.apigatewayv2.helpers import Aws, call, echoed
from tests.contract.cloudformation.helpers import Stacks, outputs
from tests.support import REGION

SAM = "AWS::Serverless-2016-10-31"
ALLOWED = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}
GUARD = (
    "def handler(event, context):\n"
    "    return {'isAuthorized': event['headers']['x-token'] == 'good'}\n"
)


def sam_function(source: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "InlineCode": source,
            **properties,
        },
    }


def event(path: str, method: str, **more: Any) -> dict[str, Any]:
    return {"Type": "HttpApi", "Properties": {"Path": path, "Method": method, **more}}


ECHO = "def handler(event, context):\n    return event\n"


def test_a_function_with_the_implicit_api(emulator: str, stacks: Stacks) -> None:
    events = {
        "Get": event("/pets/{id}", "GET"),
        "Rest": {"Type": "HttpApi"},
    }
    template = {
        "Transform": SAM,
        "Globals": {"HttpApi": {"CorsConfiguration": {"AllowOrigins": ["https://a.example"]}}},
        "Resources": {"F": sam_function(ECHO, Events=events)},
        "Outputs": {
            "Id": {"Value": {"Ref": "ServerlessHttpApi"}},
            "Endpoint": {"Value": {"Fn::GetAtt": ["ServerlessHttpApi", "ApiEndpoint"]}},
        },
    }
    stack = stacks.create(template, **ALLOWED)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    found = outputs(stack)
    assert found["Endpoint"] == f"https://{found['Id']}.execute-api.{REGION}.amazonaws.com"
    told = echoed(call(emulator, found["Id"], "GET", "/pets/7"))
    assert (told["version"], told["routeKey"]) == ("2.0", "GET /pets/{id}")
    assert told["pathParameters"] == {"id": "7"}
    assert echoed(call(emulator, found["Id"], "POST", "/a/b"))["routeKey"] == "$default"
    asking = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    reply = call(emulator, found["Id"], "OPTIONS", "/pets/7", asking)
    assert reply.headers["access-control-allow-origin"] == "https://a.example"
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert call(emulator, found["Id"], "GET", "/pets/7").status == 404


def test_an_api_with_a_stage_an_authorizer_and_a_change(
    emulator: str, aws: Aws, stacks: Stacks
) -> None:
    def template(path: str, *, variable: str) -> dict[str, Any]:
        authorizer = {
            "FunctionArn": {"Fn::GetAtt": ["Guard", "Arn"]},
            "AuthorizerPayloadFormatVersion": "2.0",
            "EnableSimpleResponses": True,
            "Identity": {"Headers": ["x-token"]},
        }
        api = {
            "StageName": "dev",
            "StageVariables": {"a": variable},
            "Tags": {"t": "u"},
            "Auth": {"Authorizers": {"Mine": authorizer}, "DefaultAuthorizer": "Mine"},
        }
        mine = {"ApiId": {"Ref": "Api"}}
        events = {
            "Closed": event(path, "GET", **mine),
            "Open": event("/open", "ANY", **mine, Auth={"Authorizer": "NONE"}),
        }
        return {
            "Transform": SAM,
            "Resources": {
                "Api": {"Type": "AWS::Serverless::HttpApi", "Properties": api},
                "Guard": sam_function(GUARD),
                "F": sam_function(ECHO, Events=events),
            },
            "Outputs": {"Id": {"Value": {"Ref": "Api"}}},
        }

    stack = stacks.create(template("/closed", variable="1"), **ALLOWED)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    api_id = outputs(stack)["Id"]
    assert aws("apigatewayv2").get_api(ApiId=api_id)["Tags"]["t"] == "u"
    assert echoed(call(emulator, api_id, "GET", "/dev/open"))["stageVariables"] == {"a": "1"}
    assert call(emulator, api_id, "GET", "/dev/closed").status == 401
    assert call(emulator, api_id, "GET", "/dev/closed", {"x-token": "bad"}).status == 403
    assert call(emulator, api_id, "GET", "/dev/closed", {"x-token": "good"}).status == 200

    stack = stacks.update(stack, template("/moved", variable="2"), **ALLOWED)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack)["Id"] == api_id
    assert call(emulator, api_id, "GET", "/dev/closed", {"x-token": "good"}).status == 404
    told = echoed(call(emulator, api_id, "GET", "/dev/moved", {"x-token": "good"}))
    assert told["stageVariables"] == {"a": "2"}


def test_the_parts_as_resources(emulator: str, aws: Aws, stacks: Stacks, name: str) -> None:
    function = sam_function(ECHO)
    api = {"ApiId": {"Ref": "Api"}}
    integration = {
        **api,
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": {"Fn::GetAtt": ["F", "Arn"]},
        "PayloadFormatVersion": "2.0",
    }
    target = {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]}

    def template(key: str) -> dict[str, Any]:
        v2 = "AWS::ApiGatewayV2::"
        return {
            "Transform": SAM,
            "Resources": {
                "F": function,
                "Api": {
                    "Type": f"{v2}Api",
                    "Properties": {"Name": name, "ProtocolType": "HTTP"},
                },
                "Integration": {"Type": f"{v2}Integration", "Properties": integration},
                "Route": {
                    "Type": f"{v2}Route",
                    "Properties": {**api, "RouteKey": key, "Target": target},
                },
                "Deployment": {
                    "Type": f"{v2}Deployment",
                    "DependsOn": "Route",
                    "Properties": api,
                },
                "Fixed": {
                    "Type": f"{v2}Stage",
                    "Properties": {
                        **api,
                        "StageName": "fixed",
                        "DeploymentId": {"Ref": "Deployment"},
                    },
                },
                "Moving": {
                    "Type": f"{v2}Stage",
                    "Properties": {**api, "StageName": "$default", "AutoDeploy": True},
                },
            },
            "Outputs": {
                "Id": {"Value": {"Ref": "Api"}},
                "Stage": {"Value": {"Ref": "Moving"}},
                "Route": {"Value": {"Ref": "Route"}},
            },
        }

    tags = [{"Key": "of", "Value": "the stack"}]
    stack = stacks.create(template("GET /a"), **ALLOWED, Tags=tags)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    found = outputs(stack)
    assert aws("apigatewayv2").get_api(ApiId=found["Id"])["Tags"]["of"] == "the stack"
    assert found["Stage"] == "$default"
    assert call(emulator, found["Id"], "GET", "/a").status == 200
    assert call(emulator, found["Id"], "GET", "/fixed/a").status == 200

    stack = stacks.update(stack, template("GET /b"), **ALLOWED)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack)["Route"] == found["Route"]
    assert call(emulator, found["Id"], "GET", "/b").status == 200
    assert call(emulator, found["Id"], "GET", "/a").status == 404
    assert call(emulator, found["Id"], "GET", "/fixed/a").status == 200  # as it was deployed


def test_a_definition_in_a_bucket(emulator: str, aws: Aws, stacks: Stacks, name: str) -> None:
    aws("s3").create_bucket(Bucket=name)
    definition = {"openapi": "3.0.1", "info": {"title": "a"}, "paths": {"/a": {"get": {}}}}
    aws("s3").put_object(Bucket=name, Key="api.json", Body=json.dumps(definition).encode())
    properties = {"BodyS3Location": {"Bucket": name, "Key": "api.json"}, "Description": "mine"}
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}
    output = {"Id": {"Value": {"Ref": "Api"}}}
    stack = stacks.create({"Resources": {"Api": api}, "Outputs": output})
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    api_id = outputs(stack)["Id"]
    client = aws("apigatewayv2")
    assert client.get_api(ApiId=api_id)["Description"] == "mine"
    assert [r["RouteKey"] for r in client.get_routes(ApiId=api_id)["Items"]] == ["GET /a"]
    assert call(emulator, api_id, "GET", "/a").status == 404  # no stage


def test_a_jwt_authorizer_fails_its_stack_by_name(stacks: Stacks) -> None:
    authorizer = {
        "JwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a"]},
        "IdentitySource": "$request.header.Authorization",
    }
    auth = {"Authorizers": {"Mine": authorizer}, "DefaultAuthorizer": "Mine"}
    events = {"Get": event("/a", "GET", ApiId={"Ref": "Api"})}
    template = {
        "Transform": SAM,
        "Resources": {
            "Api": {"Type": "AWS::Serverless::HttpApi", "Properties": {"Auth": auth}},
            "F": sam_function(ECHO, Events=events),
        },
    }
    stack = stacks.create(template, **ALLOWED)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "JWT authorizer" in stacks.reason(stack, "Api")
