"""An answer before anything has been done to it.

werkzeug works out the same type of content and the same status line for each one, and each request
makes two.
"""

from __future__ import annotations

import functools
from typing import Any

from localstack.http import Response

from lakestack.services.http_server.fields import Fields


def fresh_response(status: int = 200) -> Response:
    """What ``Response(status=status)`` is, with headers that are found by an index."""
    attributes, headers = _attributes(status)
    made = Response.__new__(Response)
    made.__dict__.update(attributes)
    made.headers = Fields()
    made.headers._list.extend(headers)
    made.response, made._on_close = [], []
    return made


@functools.lru_cache(maxsize=64)
def _attributes(status: int) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    attributes = vars(Response(status=status))
    return attributes, list(attributes["headers"])
