"""The fields of a log event that queries know.

Amazon CloudWatch Logs User Guide, "Supported logs and discovered fields": JSON's keys with dots for
what is nested, and what Lambda writes in its REPORT, START and END lines.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from typing import Any

MOST_FIELDS = 200
"""User Guide: so many fields of a JSON event are discovered."""

_LAMBDA = re.compile(r"(START|END|REPORT|INIT_START) (?:RequestId: (\S+))?")
_REPORTED = {
    "@duration": re.compile(r"\tDuration: ([\d.]+) ms"),
    "@billedDuration": re.compile(r"\tBilled Duration: ([\d.]+) ms"),
    "@initDuration": re.compile(r"\tInit Duration: ([\d.]+) ms"),
    "@memorySize": re.compile(r"\tMemory Size: (\d+) MB"),
    "@maxMemoryUsed": re.compile(r"\tMax Memory Used: (\d+) MB"),
}
_MEGABYTE = 1_000_000


def fields_of(event: Any, stream: str, group: str, account: str) -> dict[str, Any]:
    """The fields of an event.

    Args:
        event: moto's
        stream: name of its stream
        group: name of its group
    """
    fields: dict[str, Any] = {
        "@timestamp": event.timestamp,
        "@ingestionTime": event.ingestion_time,
        "@message": event.message,
        "@logStream": stream,
        "@log": f"{account}:{group}",
        "@ptr": base64.b64encode(f"{group}\n{stream}\n{event.event_id}".encode()).decode(),
    }
    text = event.message.strip()
    if text.startswith("{"):
        with contextlib.suppress(ValueError, RecursionError):  # no JSON: no fields
            _discover(json.loads(text), "", fields)
    elif group.startswith("/aws/lambda/") and (found := _LAMBDA.match(text)):
        fields["@type"] = found[1]
        if found[2]:
            fields["@requestId"] = found[2].rstrip("\t")
        for name, pattern in _REPORTED.items():
            if value := pattern.search("\t" + text):
                scale = _MEGABYTE if "emory" in name else 1
                fields[name] = float(value[1]) * scale
    return fields


def _discover(value: Any, path: str, fields: dict[str, Any]) -> None:
    if len(fields) >= MOST_FIELDS:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            _discover(item, f"{path}.{key}" if path else key, fields)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            _discover(item, f"{path}.{at}", fields)
    elif value is not None and path:
        fields.setdefault(path, value)
