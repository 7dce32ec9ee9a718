"""Which events a mapping sends to its function; an event is read for that, and left as it is.

AWS Lambda Developer Guide, "Using event filtering with an Amazon SQS event source" and "Using event
filtering with a Kinesis event source": a pattern of ``body`` or ``data`` that is an object asks for
a document of JSON, and drops what is none; without such a pattern, only the rest of the event
counts. Records of DynamoDB carry nothing that is encoded.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from localstack.utils.event_matcher import matches_event

Event = dict[str, Any]
_ABSENT: Any = object()


def passing(patterns: Sequence[dict[str, Any]], events: Sequence[Event]) -> list[Event]:
    """The events that match one of the patterns, the same objects; without patterns, all.

    Args:
        patterns: of the mapping's FilterCriteria
        events: as the function gets them, but for the source's metadata
    """
    if not patterns:
        return list(events)
    return [event for event in events if _passes(patterns, event)]


def _passes(patterns: Sequence[dict[str, Any]], event: Event) -> bool:
    member, text = _encoded(event)
    if member is None:
        return any(matches_event(pattern, event) for pattern in patterns)
    document = _document(text)
    # Of what is no JSON, "body" is there as a text, and "data" is not.
    seen = event if document is _ABSENT else {**event, member: document}
    return any(
        matches_event(pattern, seen)
        for pattern in patterns
        if document is not _ABSENT or not isinstance(pattern.get(member), dict)
    )


def _encoded(event: Event) -> tuple[str | None, str | bytes]:
    """The name that patterns have for what an event carries, and that as it was sent."""
    if isinstance(body := event.get("body"), str):
        return "body", body
    if isinstance(data := (event.get("kinesis") or {}).get("data"), str):
        return "data", base64.b64decode(data)
    return None, ""


def _document(text: str | bytes) -> Any:
    """The value of a JSON document; `_ABSENT` where it is none, or nested too deep."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _ABSENT
