"""Buckets named by old host names: ``<bucket>.s3-us-west-2.amazonaws.com``.

LocalStack knows the styles with a dot after s3. Amazon S3 User Guide, "Legacy endpoints".
"""

from __future__ import annotations

import functools
import re
from typing import Any

from lakestack import patches

LEGACY = re.compile(
    r"(?P<bucket>.+)\.s3-(?:external-1|[a-z]{2}(?:-gov)?-[a-z]+-\d)\.amazonaws\.com(?::\d+)?"
)


def legacy_bucket(host: str) -> str | None:
    """Return the bucket that such a host name names."""
    match = LEGACY.fullmatch(host.lower())
    return match["bucket"] if match else None


def install() -> None:
    """Have LocalStack's S3 recognise these names."""
    original = patches.original("s3.hosts")

    @functools.wraps(original)
    def uses_host_addressing(headers: Any) -> Any:
        return original(headers) or legacy_bucket(headers.get("host", ""))

    patches.replace("s3.hosts", uses_host_addressing)
