"""A request as the gateway makes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lakestack.services.apigatewayv2.incoming import Incoming


def incoming(**changes: Any) -> Incoming:
    """The request of AWS's examples, with changes."""
    given: dict[str, Any] = {
        "method": "POST",
        "path": "/path/to/7",
        "route_path": "/path/to/7",
        "query": "parameter1=value1&parameter1=value2&parameter2=value",
        "headers": [
            ("Header1", "value1"),
            ("Header2", "value1"),
            ("Header2", "value2"),
            ("Cookie", "cookie1; cookie2"),
            ("User-Agent", "agent"),
            ("Content-Type", "application/json"),
        ],
        "body": b'{"name": "Hello", "deep": {"list": [1, 2]}}',
        "protocol": "HTTP/1.1",
        "host": "id.execute-api.us-east-1.amazonaws.com",
        "source": "127.0.0.1",
        "api_id": "id",
        "account": "000000000000",
        "region": "us-east-1",
        "stage": "$default",
        "variables": {"stageVariable1": "value1"},
        "route_key": "POST /path/to/{id}",
        "parameters": {"id": "7"},
        "request_id": "request-id",
        "time": datetime(2020, 3, 12, 19, 3, 58, 390_000, tzinfo=UTC),
    }
    return Incoming(**{**given, **changes})
