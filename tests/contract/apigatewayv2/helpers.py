"""APIs for the tests, and requests to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.contract.front_guard.guard_helpers import DOMAIN, Reply, send
from tests.contract.lambda_ import helpers as functions
from tests.support import REGION

Aws = Callable[[str], Any]

ECHO = """
def handler(event, context):
    return event
"""
"""Its answer is its event, as the body of a response of version 2.0."""


def host_of(api_id: str) -> str:
    """The name of an API, with the emulator's port."""
    return f"{api_id}.execute-api.{REGION}.{DOMAIN}:{{port}}"


def call(
    emulator: str,
    api_id: str,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
) -> Reply:
    """Send a request to an API by its host name."""
    return send(emulator, method, path, headers, body, host=host_of(api_id))


def echoed(reply: Reply) -> Any:
    """The event that `ECHO` got."""
    assert reply.status == 200, reply
    return json.loads(reply.text)


def function(aws: Aws, name: str, source: str = ECHO) -> str:
    """Make a function; its ARN."""
    return functions.create(aws, name, source)


def quick(aws: Aws, name: str, target: str, **settings: Any) -> str:
    """An API of quick create; its id."""
    made = aws("apigatewayv2").create_api(Name=name, ProtocolType="HTTP", Target=target, **settings)
    return str(made["ApiId"])


def api(aws: Aws, name: str, **settings: Any) -> str:
    """An API with the stage ``$default``, which follows every change; its id."""
    client = aws("apigatewayv2")
    found = str(client.create_api(Name=name, ProtocolType="HTTP", **settings)["ApiId"])
    client.create_stage(ApiId=found, StageName="$default", AutoDeploy=True)
    return found


def route(aws: Aws, api_id: str, key: str, target: str, **settings: Any) -> str:
    """A route to a function; the integration's id.

    Args:
        settings: of the route; ``integration`` of the integration
    """
    client = aws("apigatewayv2")
    given = {
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": target,
        "PayloadFormatVersion": "2.0",
        **settings.pop("integration", {}),
    }
    made = client.create_integration(ApiId=api_id, **given)["IntegrationId"]
    client.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{made}", **settings)
    return str(made)
