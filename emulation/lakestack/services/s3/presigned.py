"""A request without a query string is no presigned URL: its parameters are not looked for."""

from __future__ import annotations

import functools
from typing import Any

from lakestack import patches


def install() -> None:
    """Put ours before LocalStack's, which looks for each of nine parameters."""
    original = patches.original("s3.presigned")

    @functools.wraps(original)
    def is_presigned_url_request(context: Any) -> bool:
        return bool(context.request.query_string) and original(context)

    patches.replace("s3.presigned", is_presigned_url_request)
