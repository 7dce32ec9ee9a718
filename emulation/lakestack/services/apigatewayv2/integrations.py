"""What stands behind a route: a function, an endpoint on this machine, or another service.

API Gateway Developer Guide, "Create integrations for HTTP APIs in API Gateway" and "Create HTTP
proxy integrations for HTTP APIs in API Gateway". The guide has no table of errors: that what fails
is 500, and what does not answer is 503, is our guess.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lakestack.services import local_endpoint
from lakestack.services.apigatewayv2 import events, functions, mapping, service_actions
from lakestack.services.apigatewayv2.events import Answer, AnswerError, message
from lakestack.services.apigatewayv2.incoming import Incoming
from lakestack.services.local_endpoint import UnreachableError

LOG = logging.getLogger(__name__)
MAX_BYTES = 10 * 1024 * 1024
"""Of a payload ("Quotas for configuring and running an HTTP API in API Gateway")."""
_OWN_HEADERS = frozenset(
    (
        *("connection", "content-length", "host", "keep-alive", "proxy-authenticate", "te"),
        *("trailer", "transfer-encoding", "upgrade"),
    )
)
_UNPACKED = frozenset(("content-encoding", *_OWN_HEADERS))


def answer(integration: Mapping[str, Any], request: Incoming) -> Answer:
    """Ask an integration."""
    parameters = integration.get("RequestParameters") or {}
    if subtype := integration.get("IntegrationSubtype"):
        found = service_actions.perform(subtype, parameters, request)
    else:
        asked = mapping.mapped_request(request, parameters)
        ask = _function if integration["IntegrationType"] == "AWS_PROXY" else _endpoint
        found = ask(integration, asked)
    return mapping.mapped_answer(found, integration.get("ResponseParameters") or {}, request)


def _function(integration: Mapping[str, Any], request: Incoming) -> Answer:
    version = integration["PayloadFormatVersion"]
    event = events.version_1(request) if version == "1.0" else events.version_2(request)
    uri = functions.filled(integration["IntegrationUri"], request.variables)
    try:
        given = functions.invoke(uri, event, integration["TimeoutInMillis"] / 1000)
        return events.response(version, given)
    except functions.LateError as e:
        LOG.info("API %s, %s: %s", request.api_id, request.route_key, e)
        return message(503, "Service Unavailable")
    except (functions.FunctionError, AnswerError) as e:
        LOG.info("API %s, %s: %s", request.api_id, request.route_key, e)
        return message(500, "Internal Server Error")


def _endpoint(integration: Mapping[str, Any], request: Incoming) -> Answer:
    method = integration["IntegrationMethod"]
    url = functions.filled(integration["IntegrationUri"], request.variables)
    for name, value in request.parameters.items():
        url = url.replace(f"{{{name}+}}", quote(value)).replace(f"{{{name}}}", quote(value))
    if request.query:
        url += ("&" if "?" in url else "?") + request.query
    try:
        found = local_endpoint.ask(
            request.method if method == "ANY" else method,
            url,
            request.body,
            _headers(request),
            seconds=integration["TimeoutInMillis"] / 1000,
            most=MAX_BYTES,
        )
    except UnreachableError as e:
        LOG.info("API %s, %s: %s", request.api_id, request.route_key, e)
        return message(503, "Service Unavailable")
    if len(found.body) > MAX_BYTES:
        return message(500, "Internal Server Error")
    headers = [(name, v) for name, v in found.headers.items() if name not in _UNPACKED]
    return Answer(found.status, headers, found.body)


def _headers(request: Incoming) -> dict[str, str]:
    """Headers for the endpoint; what is of the connection stays here."""
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        if name.lower() not in _OWN_HEADERS:
            found.setdefault(name.lower(), []).append(value)
    made = {name: ",".join(values) for name, values in found.items()}
    place = f"for={request.source};host={request.host};proto=http"
    return {**made, "forwarded": place, "via": "HTTP/1.1 AmazonAPIGateway"}
