"""What a page may read: CORS headers for allowed origins, none for others.

Fetch Standard, "CORS protocol". LocalStack's own list (its web application, ``file://``) is not
used; a bucket's CORS rules, which LocalStack's S3 applies, can only be met by an allowed origin.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from localstack.aws.handlers import cors

from lakestack import patches

METHODS = ", ".join(cors.CORS_ALLOWED_METHODS)
EXPOSED = ", ".join((*cors.CORS_EXPOSE_HEADERS, "x-amzn-requestid", "x-amzn-errortype"))
SANDBOX = "sandbox"
"""Content Security Policy of what a browser shows: a stored page's scripts do not run, so it does
not get the emulator's own origin, from which everything may be asked (W3C "CSP Level 3")."""


def use_only(origins: list[str]) -> None:
    """Put our allowed origins in the place of LocalStack's, which S3 asks as well.

    Args:
        origins: as browsers spell them
    """
    patches.original("front_guard.origins")[:] = origins
    patches.replace("front_guard.internal_origins", ())


def add_headers(origin: str, request: Any, headers: MutableMapping[str, str]) -> None:
    """Let the page of this origin read a response, or send what its preflight asks for.

    Args:
        request: headers of the request
    """
    if "Access-Control-Allow-Origin" not in headers:
        headers["Access-Control-Allow-Origin"] = origin
    headers.setdefault("Access-Control-Allow-Credentials", "true")
    headers.setdefault("Access-Control-Allow-Methods", METHODS)
    asked = request.get("Access-Control-Request-Headers")
    if asked:
        headers.setdefault("Access-Control-Allow-Headers", asked)
    headers.setdefault("Access-Control-Expose-Headers", EXPOSED)
    if request.get("Access-Control-Request-Private-Network") == "true":
        headers.setdefault("Access-Control-Allow-Private-Network", "true")
    headers["Vary"] = "Origin, Access-Control-Request-Headers"
