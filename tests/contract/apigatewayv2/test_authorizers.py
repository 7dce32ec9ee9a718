"""Who may ask."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.apigatewayv2.helpers import Aws, api, call, echoed, function, route
from tests.contract.front_guard.guard_helpers import SIGNATURE
from tests.support import unique
from tests.unit.apigatewayv2.tokens import published, token

SIMPLE = """
def handler(event, context):
    token = event["headers"]["x-token"]
    if token == "fail":
        raise ValueError("on purpose")
    if token == "wrong":
        return {"isAuthorized": "yes"}
    told = {"token": token, "asked": event["routeArn"], "identities": event["identitySource"]}
    return {"isAuthorized": token.startswith("good"), "context": told}
"""
POLICY = """
def handler(event, context):
    arn = event.get("methodArn") or event.get("routeArn")
    effect = "Allow" if event["headers"]["X-Token"] == "good" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "me", "policyDocument": policy, "context": {"a": "b"}}
"""


@pytest.fixture(scope="module")
def echo(aws: Aws) -> str:
    return function(aws, unique("echo"))


def guarded(aws: Aws, name: str, echo: str, source: str, **settings: Any) -> str:
    """An API whose route ``GET /a`` has an authorizer; its id."""
    client, api_id = aws("apigatewayv2"), api(aws, name)
    made = client.create_authorizer(
        ApiId=api_id,
        Name=name,
        AuthorizerType="REQUEST",
        AuthorizerUri=function(aws, name, source),
        IdentitySource=["$request.header.x-token"],
        **settings,
    )
    authorized = {"AuthorizationType": "CUSTOM", "AuthorizerId": made["AuthorizerId"]}
    route(aws, api_id, "GET /a", echo, **authorized)
    return api_id


def test_simple_responses(emulator: str, aws: Aws, name: str, echo: str) -> None:
    given = {"AuthorizerPayloadFormatVersion": "2.0", "EnableSimpleResponses": True}
    api_id = guarded(aws, name, echo, SIMPLE, **given, AuthorizerResultTtlInSeconds=0)
    event = echoed(call(emulator, api_id, "GET", "/a", {"X-Token": "good"}))
    told = event["requestContext"]["authorizer"]["lambda"]
    assert (told["token"], told["identities"]) == ("good", ["good"])
    assert told["asked"].endswith(f":{api_id}/$default/GET/a")
    for headers, status, text in (
        ({}, 401, "Unauthorized"),
        ({"X-Token": ""}, 401, "Unauthorized"),
        ({"X-Token": "bad"}, 403, "Forbidden"),
        ({"X-Token": "fail"}, 500, "Internal Server Error"),
        ({"X-Token": "wrong"}, 500, "Internal Server Error"),
    ):
        reply = call(emulator, api_id, "GET", "/a", headers)
        assert (reply.status, json.loads(reply.text)) == (status, {"message": text})


def test_a_policy(emulator: str, aws: Aws, name: str, echo: str) -> None:
    given = {"AuthorizerPayloadFormatVersion": "1.0", "AuthorizerResultTtlInSeconds": 0}
    api_id = guarded(aws, name, echo, POLICY, **given)
    event = echoed(call(emulator, api_id, "GET", "/a", {"X-Token": "good"}))
    given_by = event["requestContext"]["authorizer"]["lambda"]
    assert given_by == {"a": "b", "principalId": "me"}
    assert call(emulator, api_id, "GET", "/a", {"X-Token": "bad"}).status == 403


def test_a_decision_is_kept_until_the_cache_is_reset(
    emulator: str, aws: Aws, name: str, echo: str
) -> None:
    given = {"AuthorizerPayloadFormatVersion": "2.0", "EnableSimpleResponses": True}
    api_id = guarded(aws, name, echo, SIMPLE, **given, AuthorizerResultTtlInSeconds=3600)
    assert call(emulator, api_id, "GET", "/a", {"X-Token": "good"}).status == 200
    aws("lambda").delete_function(FunctionName=name)
    assert call(emulator, api_id, "GET", "/a", {"X-Token": "good"}).status == 200
    assert call(emulator, api_id, "GET", "/a", {"X-Token": "good2"}).status == 500
    aws("apigatewayv2").reset_authorizers_cache(ApiId=api_id, StageName="$default")
    assert call(emulator, api_id, "GET", "/a", {"X-Token": "good"}).status == 500


def test_a_signature(emulator: str, aws: Aws, name: str, echo: str) -> None:
    api_id = api(aws, name)
    route(aws, api_id, "GET /a", echo, AuthorizationType="AWS_IAM")
    reply = call(emulator, api_id, "GET", "/a")
    assert (reply.status, reply.text) == (403, '{"message": "Forbidden"}')
    headers = {"Authorization": SIGNATURE.format(service="execute-api")}
    assert call(emulator, api_id, "GET", "/a", headers).status == 200


class Issuer(http.server.BaseHTTPRequestHandler):
    """An identity provider with one key."""

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def do_GET(self) -> None:
        place = f"http://127.0.0.1:{self.server.server_address[1]}"  # type: ignore[index]
        if self.path == "/.well-known/openid-configuration":
            told: Any = {"issuer": place, "jwks_uri": f"{place}/keys"}
        else:
            told = {"keys": [published(self.key, "one")]}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def issuer() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_token_of_an_issuer_of_this_machine(
    emulator: str, aws: Aws, name: str, echo: str, issuer: str
) -> None:
    client, api_id = aws("apigatewayv2"), api(aws, name)
    made = client.create_authorizer(
        ApiId=api_id,
        Name=name,
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer, "Audience": ["me"]},
    )["AuthorizerId"]
    wanted = {"AuthorizationType": "JWT", "AuthorizerId": made}
    route(aws, api_id, "GET /a", echo, **wanted)
    route(aws, api_id, "GET /b", echo, **wanted, AuthorizationScopes=["write"])
    bearer = {"Authorization": f"Bearer {token(Issuer.key, iss=issuer)}"}
    event = echoed(call(emulator, api_id, "GET", "/a", bearer))
    told = event["requestContext"]["authorizer"]["jwt"]
    assert (told["claims"]["aud"], told["claims"]["scope"]) == ("me", "read")
    reply = call(emulator, api_id, "GET", "/a")
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    forged = {"Authorization": f"Bearer {token(iss=issuer)}"}
    assert call(emulator, api_id, "GET", "/a", forged).status == 401
    reply = call(emulator, api_id, "GET", "/b", bearer)
    assert (reply.status, json.loads(reply.text)) == (403, {"message": "Forbidden"})
    assert "insufficient_scope" in reply.headers["www-authenticate"]
