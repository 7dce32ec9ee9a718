"""The kinds of destinations: each made from its configuration, changed, ended."""

from __future__ import annotations

from typing import Any

from lakestack.services.firehose.destination import EXTENDED_S3, S3, Destination, S3Destination
from lakestack.services.firehose.http_endpoint import HTTP_ENDPOINT, HttpDestination

KINDS = (EXTENDED_S3, S3, HTTP_ENDPOINT)
"""Names of the configurations in the API, without that word."""


def parse(kind: str, config: dict[str, Any]) -> Destination:
    """Check a configuration.

    Args:
        kind: one of `KINDS`

    Raises:
        InvalidArgumentException: not valid on AWS, or not emulated
    """
    if kind == HTTP_ENDPOINT:
        return HttpDestination.parse(config)
    return S3Destination.parse(config, extended=kind == EXTENDED_S3)


def updated(destination: Destination, kind: str, changes: dict[str, Any]) -> Destination:
    """The destination after an update; of another kind, if the update is of another.

    Raises:
        InvalidArgumentException: not valid on AWS
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if (kind == HTTP_ENDPOINT) == (destination.kind == HTTP_ENDPOINT):
        return destination.updated(given, kind)
    for update, name in (
        ("S3Update", "S3Configuration"),
        ("S3BackupUpdate", "S3BackupConfiguration"),
    ):
        if update in given:
            given[name] = given.pop(update)
    return parse(kind, given)
