"""Requests of services that share another one's signing name, and that nobody has.

SageMaker Metrics, SageMaker Feature Store Runtime and others sign as ``sagemaker``: the router
takes their requests for SageMaker's own, which has operations by header only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from localstack.aws.spec import get_service_catalog


def meant(request: Any, service: Any) -> str | None:
    """The operation of another service that a request is for, such as ``x.BatchPutX``.

    Args:
        service: botocore's model of the service that the router has chosen
    """
    segments = request.path.split("/")
    for name, method, pattern in _paths(service.signing_name, service.service_name):
        if method == request.method and _fits(pattern, segments):
            return name
    return None


def _fits(pattern: tuple[str, ...], segments: list[str]) -> bool:
    if len(pattern) > len(segments):
        return False
    for wanted, seen in zip(pattern, segments, strict=False):
        if wanted.endswith("+}"):  # takes the rest
            return True
        if not seen if wanted.startswith("{") else wanted != seen:
            return False
    return len(pattern) == len(segments)


@lru_cache
def _paths(signing_name: str, chosen: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Operation, method and path of what other services with the signing name have."""
    found, catalog = [], get_service_catalog()
    for known in catalog.by_signing_name(signing_name):
        name, protocol = known.name, known.protocol
        other = catalog.get(name, protocol)
        if name == chosen or other is None or not protocol.startswith("rest"):
            continue
        for operation in other.operation_names:
            http = other.operation_model(operation).http
            path = str(http.get("requestUri", "/")).partition("?")[0]
            entry = (f"{name}.{operation}", str(http.get("method", "")), tuple(path.split("/")))
            # A path such as "/" is everybody's.
            if len(path) > 1:
                found.append(entry)
    return tuple(found)
