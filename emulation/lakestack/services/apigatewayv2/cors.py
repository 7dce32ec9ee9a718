"""CORS of an API, as its configuration says.

API Gateway Developer Guide, "Configure CORS for HTTP APIs in API Gateway": with a configuration API
Gateway answers preflights, whether or not there is a route, and ignores CORS headers of
integrations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestack.services.apigatewayv2.events import Answer
from lakestack.services.apigatewayv2.incoming import Incoming

PREFIX = "access-control-"
Configuration = Mapping[str, Any]


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks what a page may.

    Args:
        headers: by their names in lower case
    """
    return (
        method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
    )


def preflight(configuration: Configuration, headers: Mapping[str, str]) -> Answer:
    """The answer to a preflight: without headers where the origin is not allowed."""
    allowed = allowed_origin(configuration, headers["origin"])
    if allowed is None:
        return Answer(204)
    found = _shared(configuration, allowed)
    method = headers["access-control-request-method"].upper()
    methods = configuration.get("AllowMethods") or []
    if "*" in methods or method in methods:
        found.append(("Access-Control-Allow-Methods", ",".join(methods)))
    if names := configuration.get("AllowHeaders"):
        found.append(("Access-Control-Allow-Headers", ",".join(names)))
    if configuration.get("MaxAge") is not None:
        found.append(("Access-Control-Max-Age", str(configuration["MaxAge"])))
    return Answer(204, found)


def with_headers(configuration: Configuration, request: Incoming, answer: Answer) -> Answer:
    """A response with the API's own CORS headers in the place of the integration's."""
    kept = [(name, v) for name, v in answer.headers if not name.lower().startswith(PREFIX)]
    origin = request.header("origin")
    allowed = allowed_origin(configuration, origin) if origin else None
    if allowed is not None:
        kept += _shared(configuration, allowed)
        if names := configuration.get("ExposeHeaders"):
            kept.append(("Access-Control-Expose-Headers", ",".join(names)))
    return Answer(answer.status, kept, answer.body)


def allowed_origin(configuration: Configuration, origin: str) -> str | None:
    """What ``Access-Control-Allow-Origin`` says to a page; None: it may not."""
    origins = configuration.get("AllowOrigins") or []
    if "*" in origins:
        return "*"
    return origin if any(_matches(pattern, origin) for pattern in origins) else None


def _shared(configuration: Configuration, allowed: str) -> list[tuple[str, str]]:
    found = [("Access-Control-Allow-Origin", allowed)]
    if allowed != "*":
        found.append(("Vary", "Origin"))
    if configuration.get("AllowCredentials"):
        found.append(("Access-Control-Allow-Credentials", "true"))
    return found


def _matches(pattern: str, origin: str) -> bool:
    """An origin, or one with a wildcard, such as ``https://*.example.com`` and ``http://*``."""
    start, star, end = pattern.lower().partition("*")
    given = origin.lower()
    if not star:
        return given == start
    return len(given) >= len(start) + len(end) and given.startswith(start) and given.endswith(end)
