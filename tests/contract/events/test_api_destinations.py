"""API destinations: rules send to endpoints of this machine, as connections authorize them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.events.endpoint import Asked, Endpoint
from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.contract.events.test_rule_targets import put, rule
from tests.contract.glue.helpers import shell_job
from tests.support import unique, wait_until

API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "word"}}
PARAMETERS = {
    "HeaderParameters": [{"Key": "X-From", "Value": "connection", "IsValueSecret": False}],
    "QueryStringParameters": [{"Key": "q", "Value": "1", "IsValueSecret": False}],
    "BodyParameters": [{"Key": "added", "Value": "2", "IsValueSecret": False}],
}


def destination(aws: Aws, url: str, kind: str, parameters: dict[str, Any], **more: Any) -> str:
    """ARN of a destination with a connection of its own."""
    name = unique("api")
    connection = aws("events").create_connection(
        Name=name, AuthorizationType=kind, AuthParameters=parameters
    )
    given: dict[str, Any] = {"HttpMethod": "POST", **more}
    made = aws("events").create_api_destination(
        Name=name,
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint=url,
        **given,
    )
    return str(made["ApiDestinationArn"])


def arrived(endpoint: Endpoint, count: int = 1) -> list[Asked]:
    """The requests, once there are so many."""
    wait_until(lambda: len(endpoint.asked) >= count, what=f"{count} requests")
    return endpoint.asked


def test_key_and_parameters_of_connection_and_target(
    aws: Aws, endpoint: Endpoint, name: str
) -> None:
    arn = destination(
        aws,
        f"{endpoint.url}/a/*/c",
        "API_KEY",
        {**API_KEY, "InvocationHttpParameters": PARAMETERS},
        HttpMethod="PUT",
    )
    http = {
        "PathParameterValues": ["b/b"],
        "HeaderParameters": {"X-From": "target", "X-More": "m", "Host": "other"},
        "QueryStringParameters": {"q": "0", "r": "3"},
    }
    rule(aws, name, {"Arn": arn, "RoleArn": ROLE, "HttpParameters": http, "InputPath": "$.detail"})
    put(aws, name, {"n": 1})
    [asked] = arrived(endpoint)
    assert (asked.method, asked.path) == ("PUT", "/a/b%2Fb/c?q=1&r=3")
    assert asked.json() == {"n": 1, "added": "2"}
    headers = asked.headers
    assert (headers["x-key"], headers["x-from"], headers["x-more"]) == ("word", "connection", "m")
    assert headers["user-agent"] == "Amazon/EventBridge/ApiDestinations"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["host"] == endpoint.url.removeprefix("http://")


def test_basic_authorization(aws: Aws, endpoint: Endpoint, name: str) -> None:
    given = {"BasicAuthParameters": {"Username": "me", "Password": "word"}}
    rule(aws, name, {"RoleArn": ROLE, "Arn": destination(aws, endpoint.url, "BASIC", given)})
    put(aws, name, {})
    expected = "Basic " + base64.b64encode(b"me:word").decode()
    assert arrived(endpoint)[0].headers["authorization"] == expected


def test_a_token_of_client_credentials(aws: Aws, endpoint: Endpoint, name: str) -> None:
    given = {
        "OAuthParameters": {
            "ClientParameters": {"ClientID": "me", "ClientSecret": "word"},
            "AuthorizationEndpoint": f"{endpoint.url}/token",
            "HttpMethod": "POST",
            "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "all"}]},
        }
    }
    token = {"access_token": "abc", "token_type": "Bearer"}
    endpoint.answers.append((200, json.dumps(token).encode()))
    url = f"{endpoint.url}/in"
    rule(
        aws,
        name,
        {"RoleArn": ROLE, "Arn": destination(aws, url, "OAUTH_CLIENT_CREDENTIALS", given)},
    )
    put(aws, name, {"n": 1})
    asked, sent = arrived(endpoint, 2)
    assert (asked.path, sent.path) == ("/token", "/in")
    assert b"client_id=me" in asked.body
    assert b"scope=all" in asked.body
    assert sent.headers["authorization"] == "Bearer abc"


def test_what_may_pass_is_sent_again_and_else_it_is_given_up(
    aws: Aws, endpoint: Endpoint, name: str
) -> None:
    dead = Queue(aws)
    endpoint.answers += [(503, b"busy"), (200, b""), (400, b"no such thing")]
    arn = destination(aws, endpoint.url, "API_KEY", API_KEY)
    rule(aws, name, {"Arn": arn, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead.arn}})
    put(aws, name, {"n": 1})
    arrived(endpoint, 2)
    put(aws, name, {"n": 2})
    assert json.loads(dead.wait(1)[0])["detail"] == {"n": 2}
    attributes = dead.messages[0]["MessageAttributes"]
    assert "no such thing" in attributes["ERROR_MESSAGE"]["StringValue"]
    assert attributes["ERROR_CODE"]["StringValue"] == "ERROR_FROM_TARGET"
    assert [asked.json()["detail"]["n"] for asked in endpoint.asked] == [1, 1, 2]


def test_the_emulator_s_own_apis_start_a_workflow(aws: Aws, bucket: str, name: str) -> None:
    glue, job = aws("glue"), shell_job(aws, bucket, "print(1)")
    glue.create_workflow(Name=name)
    glue.create_trigger(Name=name, WorkflowName=name, Type="ON_DEMAND", Actions=[{"JobName": job}])
    # On AWS a connection cannot sign; here no signature is verified.
    key = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/glue/aws4_request, Signature=0"
    arn = destination(
        aws,
        glue.meta.endpoint_url,
        "API_KEY",
        {"ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": key}},
    )
    http = {
        "HeaderParameters": {
            "X-Amz-Target": "AWSGlue.StartWorkflowRun",
            "Content-Type": "application/x-amz-json-1.1",
        }
    }
    target = {"Arn": arn, "RoleArn": ROLE, "HttpParameters": http}
    rule(aws, name, {**target, "Input": json.dumps({"Name": name})})
    put(aws, name, {})
    wait_until(lambda: glue.get_workflow_runs(Name=name)["Runs"], what="the run of the workflow")


@pytest.mark.parametrize("url", ["https://example.com/in", "https://169.254.169.254/latest"])
def test_an_endpoint_on_another_machine_is_refused(aws: Aws, url: str) -> None:
    with pytest.raises(ClientError) as refused:
        destination(aws, url, "API_KEY", API_KEY)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert "is on another machine, and nothing leaves this one" in str(refused.value)
