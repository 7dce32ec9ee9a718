"""Values within an event: what is encoded in it is read, and paths lead to single values.

Amazon EventBridge User Guide, "Amazon EventBridge Pipes input transformation", "Implicit body data
parsing", and "Amazon EventBridge Pipes targets", "Dynamic path parameters".
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

PATH = re.compile(r"\$(?:\.[\w/-]+(?:\[(?:\d+|\*)\])*)*")
"""What Pipes knows of JSONPath: names, indices and ``[*]``."""

MISSING: Any = object()
"""What a path leads to that leads nowhere."""

_STEP = re.compile(r"\.([\w/-]+)|\[(\d+|\*)\]")
_ENCODED = {"body": lambda text: text, "data": lambda text: base64.b64decode(text, validate=True)}
"""Members that carry a document: of a message of SQS, and, in base64, of a record of Kinesis."""


def decoded(event: Any) -> Any:
    """An event whose encoded members are read: as JSON where it is some, otherwise as text.

    Bytes that are no UTF-8 stay in base64.
    """
    if not isinstance(event, dict):
        return event
    found = dict(event)
    for name, read in _ENCODED.items():
        if not isinstance(event.get(name), str):
            continue
        try:
            raw = read(event[name])
            text = raw if isinstance(raw, str) else raw.decode()
        except (binascii.Error, ValueError):
            continue
        found[name] = as_json(text)
    return found


def as_json(text: str) -> Any:
    """The value of a JSON document, and other text as it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def value_at(document: Any, path: str) -> Any:
    """The value that a path (`PATH`) leads to; `MISSING` where there is none."""
    found = [document]
    several = False
    for name, index in _STEP.findall(path):
        if index == "*":
            several = True
            found = [item for each in found if isinstance(each, list) for item in each]
        elif index:
            at = int(index)
            found = [each[at] for each in found if isinstance(each, list) and at < len(each)]
        else:
            found = [each[name] for each in found if isinstance(each, dict) and name in each]
    if several:
        return found
    return found[0] if found else MISSING


def text_of(value: Any) -> str:
    """A value as text: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
