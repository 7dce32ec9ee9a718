"""boto3 clients for the scripts of docs/labs: the lake on this machine, unless told otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import EndpointRefusedError
from pipeline.target import require_meant

__all__ = ["client"]


def client(service: str) -> Any:
    """``boto3.client(service)``, with the settings of the shell.

    Raises:
        SystemExit: it leads to another place than this machine, and ``LAKE_TARGET=aws`` does not
            say that this is meant
    """
    import boto3

    made = boto3.client(service)
    place = urlsplit(made.meta.endpoint_url)
    try:
        require_meant(f"{place.scheme}://{place.netloc}")
    except EndpointRefusedError:
        raise SystemExit(
            f"This would speak to {made.meta.endpoint_url}, in your own account: refused.\n"
            '  → for the lake on this machine: eval "$(lake env)"\n'
            "  → if you do mean AWS: export LAKE_TARGET=aws"
        ) from None
    return made
