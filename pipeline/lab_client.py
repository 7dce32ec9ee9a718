"""boto3 clients for the scripts of docs/labs: the lake on this machine, unless told otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import EndpointRefusedError
from pipeline.target import require_meant
from pipeline.text.pasteable import pasteable

__all__ = ["client"]


def client(service: str) -> Any:
    """``boto3.client(service)``, with the settings of the shell.

    Raises:
        SystemExit: it leads to another place than this machine, and ``LAKE_TARGET=aws`` does not
            say that this is meant; or the shell's settings lead nowhere
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        made = boto3.client(service)
    except (BotoCoreError, ValueError) as error:  # no region, no such profile, no address
        raise SystemExit(
            f"The settings of this terminal lead to no lake: {error}\n{_hints()}"
        ) from None
    place = urlsplit(made.meta.endpoint_url)
    try:
        require_meant(f"{place.scheme}://{place.netloc}")
    except EndpointRefusedError:
        raise SystemExit(
            f"This would speak to {made.meta.endpoint_url}, in your own account: refused.\n"
            f"{_hints()}"
        ) from None
    return made


def _hints() -> str:
    return pasteable(
        '  → for the lake on this machine: eval "$(lake env)"\n'
        "  → if you do mean AWS: export LAKE_TARGET=aws, with AWS_DEFAULT_REGION and your profile"
    )
