"""Which events of a queue or stream the filters of a mapping or pipe let through.

AWS Lambda Developer Guide, "Using event filtering with an Amazon SQS event source" and "Using event
filtering with a Kinesis event source", and Amazon EventBridge User Guide, "Event filtering in
Amazon EventBridge Pipes", which have the same tables: a pattern of ``body`` or ``data`` that is an
object asks for a document of JSON, and drops what is none; one that is a list asks for a text, and
drops what is JSON; without either, only the rest of the event counts. Records of DynamoDB carry
nothing that is encoded.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from localstack.utils.event_matcher import matches_event

from lakestack.services import event_patterns

Event = dict[str, Any]
Pattern = dict[str, Any]
_OBJECTS = ("data", "dynamodb")
"""What records of streams carry: a pattern of it is an object, or is refused when it is given."""


def checked(text: str) -> Pattern:
    """Read a pattern.

    Raises:
        PatternError: AWS refuses it
    """
    pattern = event_patterns.checked(text)
    for name in _OBJECTS:
        if isinstance(pattern.get(name), list):
            raise event_patterns.PatternError(f"The pattern of {name} must be valid JSON")
    return pattern


def passing(patterns: Sequence[Pattern], events: Sequence[Event]) -> list[Event]:
    """The events that match one of the patterns, the same objects; without patterns, all.

    Args:
        events: of a mapping as the function gets them, but for the source's metadata, or of a pipe
    """
    return [event for event in events if passes(patterns, event)]


def passes(patterns: Sequence[Pattern], event: Event) -> bool:
    """Whether an event matches one of the patterns; without patterns, all do."""
    if not patterns:
        return True
    member, text = _carried(event)
    if member is None:
        return any(matches_event(pattern, event) for pattern in patterns)
    document = _document(text)
    seen = {**event, member: text if document is None else document}
    if seen[member] is None:
        del seen[member]
    return any(
        matches_event(pattern, seen)
        for pattern in patterns
        if _fits(pattern.get(member), document is not None)
    )


def _fits(wanted: Any, is_document: bool) -> bool:
    """Whether what is carried has the form that a pattern asks for."""
    if isinstance(wanted, dict):
        return is_document
    return not (isinstance(wanted, list) and is_document)


def _carried(event: Event) -> tuple[str | None, str | None]:
    """The name that patterns have for what an event carries, and that as text, if it is some."""
    if isinstance(body := event.get("body"), str):
        return "body", body
    data = event.get("data") or (event.get("kinesis") or {}).get("data")
    if not isinstance(data, str):
        return None, None
    try:
        return "data", base64.b64decode(data, validate=True).decode()
    except (binascii.Error, ValueError):
        return "data", None


def _document(text: str | None) -> Any:
    """The object or list of a JSON document; None where it is none, or nested too deep.

    That a number or a text is none is our guess.
    """
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None
