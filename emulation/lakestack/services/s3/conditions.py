"""Conditions of GetObject and HeadObject: an entity tag decides before a date does.

Amazon S3 API Reference, "GetObject": "If both of the If-Match and If-Unmodified-Since headers are
present in the request as follows: If-Match condition evaluates to true, and; If-Unmodified-Since
condition evaluates to false; then, S3 returns 200 OK and the data requested", and the same of
If-None-Match, which decides before If-Modified-Since (RFC 9110, "Precedence of Preconditions").
LocalStack 4.9.2 looks at the date all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestack import patches


def install() -> None:
    """Let the check see only the conditions that count."""
    check = patches.original("s3.conditions")

    def by_precedence(request: Mapping[str, Any], *of_object: Any, **named: Any) -> None:
        left_out = set()
        if request.get("IfMatch"):
            left_out.add("IfUnmodifiedSince")
        if request.get("IfNoneMatch"):
            left_out.add("IfModifiedSince")
        counting = request
        if left_out & request.keys():
            counting = {k: v for k, v in request.items() if k not in left_out}
        check(counting, *of_object, **named)

    patches.replace("s3.conditions", by_precedence)
