"""Values of an event at a JSON path.

Amazon EventBridge API Reference, "Target": InputPath, InputPathsMap, and values of HttpParameters.
"""

from __future__ import annotations

from typing import Any

from jsonpath_rw import parse

from lakestack.services.event_rules.event import Document

NOTHING = object()
"""A path has led nowhere."""


def at_path(event: Document, path: str) -> Any:
    """The value at a JSON path, all of them where there are several, `NOTHING` where none is."""
    found = [match.value for match in parse(path).find(event)]
    if not found:
        return NOTHING
    return found[0] if len(found) == 1 else found
