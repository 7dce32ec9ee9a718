"""The jars of connectors that a job's connections name.

AWS Glue Developer Guide, "Adding connectors and connections": a custom connector is a jar in S3
(CONNECTOR_URL); one of AWS Marketplace is an image of AWS's registry, which is not here.
"""

from __future__ import annotations

from typing import Any

from lakestack.services.base import client

KINDS = ("CUSTOM", "MARKETPLACE")


def urls(account: str, region: str, settings: dict[str, Any]) -> list[str]:
    """The jars in S3 of a job's connections; what is no such connection has none.

    Args:
        account: whose job it is
        region: where
        settings: the job's definition
    """
    names = (settings.get("Connections") or {}).get("Connections") or []
    if not names:
        return []
    pages = client(account, region, "glue").get_paginator("get_connections").paginate()
    found = []
    for page in pages:
        for each in page["ConnectionList"]:
            url = (each.get("ConnectionProperties") or {}).get("CONNECTOR_URL", "")
            if each["Name"] in names and each["ConnectionType"] in KINDS:
                found += [url] if url.startswith(("s3://", "s3a://")) else []
    return found
