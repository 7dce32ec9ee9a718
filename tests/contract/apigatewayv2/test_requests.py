"""Requests to APIs: routes, events, answers, stages, CORS, endpoints and services."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.apigatewayv2.helpers import (
    Aws,
    api,
    call,
    echoed,
    function,
    host_of,
    quick,
    route,
)
from tests.contract.front_guard.guard_helpers import PAGE, send
from tests.support import ACCOUNT, REGION, unique, wait_until

ANSWERS = """
import json, time
def handler(event, context):
    asked = json.loads(event.get("body") or "{}")
    if asked.get("fail"):
        raise ValueError("on purpose")
    if asked.get("sleep"):
        time.sleep(asked["sleep"])
    return asked["answer"]
"""


@pytest.fixture(scope="module")
def echo(aws: Aws) -> str:
    return function(aws, unique("echo"))


@pytest.fixture(scope="module")
def told(aws: Aws) -> str:
    return function(aws, unique("told"), ANSWERS)


def test_a_function_gets_the_event_of_version_2(
    emulator: str, aws: Aws, name: str, echo: str
) -> None:
    api_id = quick(aws, name, echo, RouteKey="POST /pets/{id}/{rest+}")
    reply = call(
        emulator,
        api_id,
        "POST",
        "/pets/a%20b/c/d?x=1&x=2&y",
        {"X-A": "1", "Cookie": "a=1; b=2", "Content-Type": "application/json"},
        '{"k": 1}',
    )
    event = echoed(reply)
    assert (event["version"], event["routeKey"]) == ("2.0", "POST /pets/{id}/{rest+}")
    assert (event["rawPath"], event["rawQueryString"]) == ("/pets/a b/c/d", "x=1&x=2&y")
    assert event["pathParameters"] == {"id": "a b", "rest": "c/d"}
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert (event["cookies"], event["headers"]["x-a"]) == (["a=1", "b=2"], "1")
    assert (event["body"], event["isBase64Encoded"]) == ('{"k": 1}', False)
    context = event["requestContext"]
    assert (context["apiId"], context["accountId"], context["stage"]) == (
        api_id,
        ACCOUNT,
        "$default",
    )
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-amzn-trace-id"].startswith("Root=1-")
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["apigw-requestid"] == context["requestId"]


def test_a_form_and_bytes_come_whole(emulator: str, aws: Aws, name: str, echo: str) -> None:
    api_id = quick(aws, name, echo)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        event = echoed(call(emulator, api_id, "POST", "/", {"Content-Type": kind}, b"a=b&c=%20d"))
        assert (event["body"], event["isBase64Encoded"]) == ("YT1iJmM9JTIwZA==", True)


def test_routes_are_chosen_and_what_has_none_is_not_found(
    emulator: str, aws: Aws, name: str, echo: str
) -> None:
    api_id = api(aws, name)
    for key in ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /x/{proxy+}"):
        route(aws, api_id, key, echo)
    for method, path, key in (
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("PATCH", "/x/1/2", "ANY /x/{proxy+}"),
    ):
        assert echoed(call(emulator, api_id, method, path))["routeKey"] == key
    for method, path in (("GET", "/"), ("POST", "/pets/dog/1"), ("GET", "/none")):
        reply = call(emulator, api_id, method, path)
        assert (reply.status, json.loads(reply.text)) == (404, {"message": "Not Found"})


def test_version_1(emulator: str, aws: Aws, name: str) -> None:
    source = """
        import json
        def handler(event, context):
            return {
                "statusCode": 201,
                "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
                "body": json.dumps(event),
            }
    """
    api_id = api(aws, name)
    old = {"PayloadFormatVersion": "1.0"}
    route(aws, api_id, "GET /pets/{id}", function(aws, name, source), integration=old)
    reply = call(emulator, api_id, "GET", "/pets/7?a=1&a=2")
    event = json.loads(reply.text)
    assert (reply.status, event["version"], event["resource"]) == (201, "1.0", "/pets/{id}")
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert reply.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("asked", "status", "text"),
    [
        ({"answer": {"statusCode": 418, "body": "tea"}}, 418, "tea"),
        ({"answer": {"a": 1}}, 200, '{"a":1}'),
        ({"answer": {"statusCode": 200, "body": {}}}, 500, '{"message": "Internal Server Error"}'),
        ({"fail": True}, 500, '{"message": "Internal Server Error"}'),
        ({"sleep": 15}, 503, '{"message": "Service Unavailable"}'),
    ],
)
def test_answers(
    emulator: str, aws: Aws, name: str, told: str, asked: Any, status: int, text: str
) -> None:
    api_id = api(aws, name)
    limit = 400 if "sleep" in asked else 30000
    route(aws, api_id, "POST /", told, integration={"TimeoutInMillis": limit})
    reply = call(emulator, api_id, "POST", "/", {}, json.dumps(asked))
    assert (reply.status, reply.text) == (status, text)


def test_a_stage_has_a_place_in_the_path_and_variables(
    emulator: str, aws: Aws, name: str, echo: str
) -> None:
    client = aws("apigatewayv2")
    api_id = client.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    route(aws, api_id, "GET /pets", echo.replace(echo.split(":")[-1], "${stageVariables.f}"))
    stage = {"ApiId": api_id, "StageName": "dev"}
    client.create_stage(**stage, StageVariables={"f": echo.split(":")[-1]})
    assert call(emulator, api_id, "GET", "/dev/pets").status == 404  # not deployed
    client.create_deployment(**stage)
    event = echoed(call(emulator, api_id, "GET", "/dev/pets"))
    assert (event["rawPath"], event["routeKey"]) == ("/dev/pets", "GET /pets")
    assert event["stageVariables"] == {"f": echo.split(":")[-1]}
    assert call(emulator, api_id, "GET", "/pets").status == 404

    route(aws, api_id, "GET /later", echo)
    assert call(emulator, api_id, "GET", "/dev/later").status == 404  # no deployment yet
    client.create_deployment(**stage)
    assert call(emulator, api_id, "GET", "/dev/later").status == 200


def test_the_path_that_rest_apis_have(emulator: str, aws: Aws, name: str, echo: str) -> None:
    api_id = quick(aws, name, echo)
    event = echoed(send(emulator, "GET", f"/_aws/execute-api/{api_id}/pets?a=b"))
    assert (event["rawPath"], event["rawQueryString"]) == ("/pets", "a=b")
    domain = f"{api_id}.execute-api.{REGION}.amazonaws.com"
    assert event["requestContext"]["domainName"] == domain
    assert send(emulator, "GET", f"/_aws/execute-api/{api_id}/pets", PAGE).status == 403


def test_an_endpoint_that_is_off(emulator: str, aws: Aws, name: str, echo: str) -> None:
    api_id = quick(aws, name, echo, DisableExecuteApiEndpoint=True)
    assert call(emulator, api_id, "GET", "/").status == 404


def test_cors(emulator: str, aws: Aws, name: str) -> None:
    source = """
        def handler(event, context):
            return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}
    """
    cors = {
        "AllowOrigins": ["https://a.example"],
        "AllowMethods": ["GET", "PUT"],
        "AllowHeaders": ["x-a"],
        "ExposeHeaders": ["x-b"],
        "MaxAge": 7,
        "AllowCredentials": True,
    }
    api_id = api(aws, name, CorsConfiguration=cors)
    route(aws, api_id, "GET /", function(aws, name, source))
    asking = {"Access-Control-Request-Method": "PUT", "Origin": "https://a.example"}
    reply = call(emulator, api_id, "OPTIONS", "/anything", asking)
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "https://a.example"
    assert reply.headers["access-control-allow-methods"] == "GET,PUT"
    assert reply.headers["access-control-allow-headers"] == "x-a"
    assert reply.headers["access-control-max-age"] == "7"
    reply = call(emulator, api_id, "GET", "/", {"Origin": "https://a.example"})
    assert reply.headers["access-control-allow-origin"] == "https://a.example"
    assert reply.headers["access-control-allow-credentials"] == "true"
    assert reply.headers["access-control-expose-headers"] == "x-b"

    for method in ("OPTIONS", "GET"):
        reply = call(emulator, api_id, method, "/", {**asking, "Origin": "https://evil.example"})
        assert not reply.readable_by_pages


def test_an_endpoint_of_this_machine(emulator: str, aws: Aws, name: str, echo: str) -> None:
    behind = quick(aws, f"{name}-behind", echo)
    client, api_id = aws("apigatewayv2"), api(aws, name)
    uri = f"https://{behind}.execute-api.{REGION}.amazonaws.com/in/{{id}}"
    made = client.create_integration(
        ApiId=api_id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri=uri,
        RequestParameters={"overwrite:header.x-b": "$request.path.id"},
        ResponseParameters={"200": {"overwrite:statuscode": "202", "append:header.x-c": "d"}},
    )
    target = f"integrations/{made['IntegrationId']}"
    client.create_route(ApiId=api_id, RouteKey="ANY /out/{id}", Target=target)
    reply = call(emulator, api_id, "PUT", "/out/7?a=b", {"X-A": "1"}, b"text")
    event = json.loads(reply.text)
    assert (reply.status, reply.headers["x-c"]) == (202, "d")
    assert (event["rawPath"], event["rawQueryString"]) == ("/in/7", "a=b")
    assert (event["requestContext"]["http"]["method"], event["body"]) == ("PUT", "text")
    assert (event["headers"]["x-a"], event["headers"]["x-b"]) == ("1", "7")

    client.update_integration(
        ApiId=api_id, IntegrationId=made["IntegrationId"], IntegrationUri="http://127.0.0.1:1/"
    )
    reply = call(emulator, api_id, "GET", "/out/7")
    assert (reply.status, reply.text) == (503, '{"message": "Service Unavailable"}')


def test_other_services(emulator: str, aws: Aws, name: str) -> None:
    client, api_id, sqs = aws("apigatewayv2"), api(aws, name), aws("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    aws("kinesis").get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    aws("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    aws("events").put_targets(Rule=name, Targets=[{"Id": "a", "Arn": arn}])
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    machine = aws("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps(definition),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
    )["stateMachineArn"]
    for path, subtype, parameters in (
        ("queue", "SQS-SendMessage", {"QueueUrl": queue, "MessageBody": "$request.body.text"}),
        (
            "bus",
            "EventBridge-PutEvents",
            {"Source": name, "DetailType": "asked", "Detail": "$request.body"},
        ),
        (
            "stream",
            "Kinesis-PutRecord",
            {"StreamName": name, "PartitionKey": "$request.querystring.key", "Data": "a"},
        ),
        (
            "machine",
            "StepFunctions-StartExecution",
            {"StateMachineArn": machine, "Input": "$request.body"},
        ),
    ):
        made = client.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationSubtype=subtype,
            PayloadFormatVersion="1.0",
            CredentialsArn=f"arn:aws:iam::{ACCOUNT}:role/r",
            RequestParameters=parameters,
        )
        target = f"integrations/{made['IntegrationId']}"
        client.create_route(ApiId=api_id, RouteKey=f"POST /{path}", Target=target)

    body = json.dumps({"text": "hello"})
    reply = call(emulator, api_id, "POST", "/queue", {}, body)
    assert (reply.status, "<MessageId>" in reply.text) == (200, True)
    reply = call(emulator, api_id, "POST", "/bus", {}, body)
    assert json.loads(reply.text)["FailedEntryCount"] == 0
    reply = call(emulator, api_id, "POST", "/stream?key=k", {}, body)
    assert json.loads(reply.text)["ShardId"] == "shardId-000000000000"
    assert call(emulator, api_id, "POST", "/stream", {}, body).status == 400
    reply = call(emulator, api_id, "POST", "/machine", {}, body)
    run = json.loads(reply.text)["executionArn"]
    shown = aws("stepfunctions").describe_execution(executionArn=run)
    assert json.loads(shown["input"]) == {"text": "hello"}

    got: list[str] = []

    def both() -> bool:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        got.extend(message["Body"] for message in found)
        return len(got) == 2

    wait_until(both, what="two messages")
    assert "hello" in got


def test_access_logs(emulator: str, aws: Aws, name: str, echo: str) -> None:
    client, logs = aws("apigatewayv2"), aws("logs")
    api_id = quick(aws, name, echo, RouteKey="GET /pets/{id}")
    logs.create_log_group(logGroupName=name)
    settings = {
        "DestinationArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*",
        "Format": '{"route": "$context.routeKey", "status": $context.status, "$context.none"}',
    }
    stage = {"ApiId": api_id, "StageName": "$default"}
    client.update_stage(**stage, AccessLogSettings=settings)
    for path in ("/pets/7", "/none"):
        call(emulator, api_id, "GET", path)
    found = logs.filter_log_events(logGroupName=name)["events"]
    assert [event["message"] for event in found] == [
        '{"route": "GET /pets/{id}", "status": 200, "-"}',
        '{"route": "-", "status": 404, "-"}',
    ]
    logs.delete_log_group(logGroupName=name)
    assert call(emulator, api_id, "GET", "/pets/7").status == 200
    client.delete_access_log_settings(**stage)
    assert "AccessLogSettings" not in client.get_stage(**stage)


def test_a_host_without_an_api(emulator: str) -> None:
    assert send(emulator, "GET", "/", host=host_of("none")).status == 404
