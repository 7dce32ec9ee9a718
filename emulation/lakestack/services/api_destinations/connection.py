"""A connection's part in a request: what authorizes it, and the parameters of all its requests.

Amazon EventBridge User Guide, "Connections for API targets in Amazon EventBridge" and "Amazon
EventBridge connection authorization methods for HTTP endpoints". Secrets are in Secrets Manager,
where LocalStack puts them.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from lakestack.services import local_endpoint
from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.base import client
from lakestack.services.local_endpoint import UnreachableError

Document = dict[str, Any]
SECONDS, MAX_TOKEN_BYTES = 5.0, 64 * 1024
"""Of the request for a token."""


@dataclass(frozen=True)
class Parts:
    """What a connection adds to each request."""

    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, str] = field(default_factory=dict)


def parts_of(arn: str) -> Parts:
    """Read a connection.

    Args:
        arn: its ARN

    Raises:
        TargetError: it gives no authorization
        ClientError: it is not there
    """
    region, account, resource = arn.split(":", 5)[3:6]
    events = client(account, region, "events")
    connection = events.describe_connection(Name=resource.split("/")[1])
    # LocalStack leaves a connection of OAuth AUTHORIZING, and its destinations INACTIVE.
    if connection["ConnectionState"] not in ("AUTHORIZED", "AUTHORIZING"):
        raise TargetError("NO_PERMISSIONS", f"{arn} is {connection['ConnectionState']}")
    where = connection["SecretArn"].split(":")
    secrets = client(where[4], where[3], "secretsmanager")
    found = secrets.get_secret_value(SecretId=connection["SecretArn"])
    secret: Document = json.loads(found["SecretString"])
    given = secret.get("invocation_http_parameters") or {}
    headers = named(given.get("HeaderParameters"))
    headers |= _AUTHORIZATIONS[connection["AuthorizationType"]](secret, connection)
    return Parts(
        headers, named(given.get("QueryStringParameters")), named(given.get("BodyParameters"))
    )


def named(parameters: list[Document] | None) -> dict[str, str]:
    """A connection's parameters by name."""
    return {str(each["Key"]): str(each.get("Value", "")) for each in parameters or []}


def _basic(secret: Document, connection: Document) -> dict[str, str]:  # noqa: ARG001 - one of several
    pair = f"{secret['username']}:{secret['password']}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def _api_key(secret: Document, connection: Document) -> dict[str, str]:  # noqa: ARG001 - as above
    return {str(secret["api_key_name"]): str(secret["api_key_value"])}


def _oauth(secret: Document, connection: Document) -> dict[str, str]:
    """A token for client credentials (RFC 6749, section 4.4), asked for with each request."""
    given = connection["AuthParameters"]["OAuthParameters"].get("OAuthHttpParameters") or {}
    form = {
        "grant_type": "client_credentials",
        "client_id": secret["client_id"],
        "client_secret": secret["client_secret"],
        **named(given.get("BodyParameters")),
    }
    method, query = secret["http_method"], named(given.get("QueryStringParameters"))
    if method == "GET":
        query, form = {**form, **query}, {}
    url = with_query(secret["authorization_endpoint"], query)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        **named(given.get("HeaderParameters")),
    }
    try:
        answer = local_endpoint.ask(
            *(method, url, urlencode(form).encode(), headers),
            seconds=SECONDS,
            most=MAX_TOKEN_BYTES,
        )
        token = json.loads(answer.body) if answer.status < 300 else {}
        text = f"{token.get('token_type') or 'Bearer'} {token['access_token']}"
    except (UnreachableError, ValueError, KeyError, AttributeError) as e:
        elsewhere = local_endpoint.fault_of(url) is not None
        raise TargetError(
            "NO_PERMISSIONS",
            f"the authorization endpoint gives no token: {e}",
            retried=not elsewhere,
        ) from e
    return {"Authorization": text}


_AUTHORIZATIONS = {"BASIC": _basic, "API_KEY": _api_key, "OAUTH_CLIENT_CREDENTIALS": _oauth}


def with_query(url: str, query: dict[str, str]) -> str:
    """A URL with more parameters."""
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
