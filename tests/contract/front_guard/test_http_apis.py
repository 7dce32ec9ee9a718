"""HTTP APIs behind the front guard: an API's CORS configuration opens the API, and nothing else."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.contract.apigatewayv2.helpers import Aws, function, host_of, quick
from tests.contract.front_guard.guard_helpers import FIREFOX, FORM, PAGE, SIGNATURE, send
from tests.support import unique

EVIL = {"Origin": "http://evil.example", "User-Agent": FIREFOX, "Sec-Fetch-Site": "cross-site"}
ASKING = {**EVIL, "Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module")
def api_id(aws: Aws) -> str:
    """Of an API that is open to every page."""
    name = unique("open")
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]}
    return quick(aws, name, function(aws, name), RouteKey="ANY /own", CorsConfiguration=cors)


def test_a_page_reads_the_api_that_lets_it(emulator: str, api_id: str) -> None:
    reply = send(emulator, "GET", "/own", EVIL, host=host_of(api_id))
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "*")


@pytest.mark.parametrize("marks", [EVIL, ASKING, PAGE])
def test_its_name_reaches_nothing_else(
    emulator: str, aws: Aws, api_id: str, name: str, marks: dict[str, str]
) -> None:
    template = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
    create = urlencode(
        {"Action": "CreateStack", "Version": "2010-05-15", "StackName": name}
        | {"TemplateBody": template}
    )
    signed = {"Authorization": SIGNATURE.format(service="cloudformation"), "Content-Type": FORM}
    for method, path, headers, body in (
        ("GET", "/_localstack/health", {}, None),
        ("GET", f"/_aws/execute-api/{api_id}/own", {}, None),
        ("POST", "/", signed, create),
        ("PUT", f"/{name}", {"Authorization": SIGNATURE.format(service="s3")}, b""),
    ):
        reply = send(emulator, method, path, {**marks, **headers}, body, host=host_of(api_id))
        assert reply.status == 404, (path, reply)
    assert name not in [b["Name"] for b in aws("s3").list_buckets()["Buckets"]]
    stacks = aws("cloudformation").describe_stacks()["Stacks"]
    assert name not in [stack["StackName"] for stack in stacks]


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_by_its_path_the_emulators_own_rules_hold(emulator: str, api_id: str, method: str) -> None:
    reply = send(emulator, method, f"/_aws/execute-api/{api_id}/own", ASKING)
    assert reply.status == 403
    assert not reply.readable_by_pages


def test_a_name_of_somebody_else_reaches_no_api(emulator: str, api_id: str) -> None:
    host = f"{api_id}.execute-api.us-east-1.attacker.example:{{port}}"
    assert send(emulator, "GET", "/own", host=host).status == 403
