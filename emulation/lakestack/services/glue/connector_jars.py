"""The jars of connectors that a job's connections name.

AWS Glue Developer Guide, "Adding connectors and connections": a custom connector is a jar in S3
(CONNECTOR_URL); one of AWS Marketplace is an image of AWS's registry, which is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

KINDS = ("CUSTOM", "MARKETPLACE")


def urls(connections: Sequence[dict[str, Any]]) -> list[str]:
    """The jars in S3 of a job's connections; what is no such connection has none.

    Args:
        connections: from `job_connections.of_job`
    """
    found = []
    for each in connections:
        url = (each.get("ConnectionProperties") or {}).get("CONNECTOR_URL", "")
        if each["ConnectionType"] in KINDS and url.startswith(("s3://", "s3a://")):
            found.append(url)
    return found
