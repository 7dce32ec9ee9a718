"""Function URLs as their owner configured them: who may ask, and CORS.

AWS Lambda Developer Guide, "Lambda function URLs: Cross-origin resource sharing (CORS)": with a
configuration, Lambda answers preflights and sets the headers, over what the function sets; without
one everything is left to the function. "Control access to Lambda function URLs": with AuthType
AWS_IAM a request is signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localstack.services.lambda_.invocation.models import lambda_stores

Configuration = Mapping[str, Any]


def find(host: str) -> Any:
    """Return the configuration (LocalStack's object) of the URL that a name is of, None without.

    Args:
        host: ``<url-id>.lambda-url.<region>.…``
    """
    labels = host.split(".")
    if len(labels) < 3 or labels[1] != "lambda-url":
        return None
    for regions in list(lambda_stores.values()):
        for function in list(regions[labels[2]].functions.values()):
            for url in list(function.function_url_configs.values()):
                if url.url_id.lower() == labels[0]:
                    return url
    return None


def headers(cors: Configuration, origin: str, asked: Mapping[str, str]) -> dict[str, str]:
    """Headers that let a page of this origin go on; none where the configuration does not.

    Args:
        asked: the request's headers, for ``Access-Control-Request-Method`` and ``-Headers``
    """
    origins = cors.get("AllowOrigins") or ()
    if not any(_matches(pattern, origin) for pattern in origins):
        return {}
    found = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    if cors.get("AllowCredentials"):
        found["Access-Control-Allow-Credentials"] = "true"
    if "Access-Control-Request-Method" in asked:
        found["Access-Control-Allow-Methods"] = ",".join(cors.get("AllowMethods") or ())
        found["Access-Control-Allow-Headers"] = ",".join(cors.get("AllowHeaders") or ())
        if cors.get("MaxAge") is not None:
            found["Access-Control-Max-Age"] = str(cors["MaxAge"])
    elif cors.get("ExposeHeaders"):
        found["Access-Control-Expose-Headers"] = ",".join(cors["ExposeHeaders"])
    return {name: value for name, value in found.items() if value}


def _matches(pattern: str, origin: str) -> bool:
    """``*``, an origin, or one with a wildcard in the place of its first label."""
    start, star, end = pattern.partition("*")
    return pattern == origin or (bool(star) and origin.startswith(start) and origin.endswith(end))
