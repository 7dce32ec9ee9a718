"""Values within a model or an answer, with the names under which they stand."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

Leaf = tuple[str, str]
"""A name in lower case, and a value as text."""
_PAIRS = ({"key", "value"}, {"tagkey", "tagvalue"}, {"parameterkey", "parametervalue"})
_SPEAKING = 16
"""Characters of a value that cannot stand there by chance."""


def leaves(value: Any, name: str = "") -> Iterator[Leaf]:
    """Each value at the end of a path. Pairs of a list, such as tags, stand as in a map."""
    match value:
        case dict():
            small = {str(key).lower(): item for key, item in value.items()}
            if set(small) in _PAIRS:
                yield from leaves(small[max(small, key=len)], str(small[min(small, key=len)]))
                return
            for key, item in value.items():
                yield from leaves(item, str(key))
        case list() | tuple() | set():
            for item in value:
                yield from leaves(item, name)
        case bool():
            yield name.lower(), str(value).lower()
        case int() | float():
            yield name.lower(), str(int(value)) if float(value).is_integer() else str(value)
        case datetime.datetime():
            yield name.lower(), value.isoformat()
        case bytes():
            yield name.lower(), value.decode("latin-1")
        case str():
            yield from _of_text(value, name)


def _of_text(value: str, name: str) -> Iterator[Leaf]:
    if value.lstrip()[:1] in ("{", "["):
        try:
            document = json.loads(value)
        except ValueError:
            document = None
        if isinstance(document, dict | list):
            yield from leaves(document, name)
            return
    text = value.lower() if value.lower() in ("true", "false") else value
    yield name.lower(), text


def speaks(text: str) -> bool:
    """Whether a value is known for itself, under whatever name."""
    return len(text) >= _SPEAKING or ("-" in text and any(c.isdigit() for c in text))
