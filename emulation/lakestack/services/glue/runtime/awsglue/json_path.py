"""The format option ``jsonPath``: which parts of a JSON document are the records.

AWS Glue Developer Guide, "Using the JSON format in AWS Glue", JSON configuration reference. Names,
indices and wildcards are known here; filters, slices and descent (``..``) are refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .errors import UnsupportedApiError

_STEP = re.compile(r"\.(\*|[^.\[\]*()?@ ]+)|\[(?:(\*|-?\d+)|'([^']*)'|\"([^\"]*)\")\]")


class JsonPath:
    """A path such as ``$.Records[*]``.

    Args:
        text: the path

    Raises:
        UnsupportedApiError: it has a construct that is not known here
    """

    def __init__(self, text: str) -> None:
        self._steps: list[str | int] = []  # a name, an index, or "*" as it cannot be quoted
        self._quoted: set[int] = set()
        at = 1 if text.startswith("$") else 0
        rest = text if at else f".{text}"
        if rest.startswith("[*]", at):  # the elements of an array are read as records anyway
            at += len("[*]")
        while at < len(rest):
            found = _STEP.match(rest, at)
            if not found:
                raise UnsupportedApiError(f"jsonPath {text!r} (at {rest[at:]!r})")
            name, index, *quoted = found.groups()
            literal = next((q for q in quoted if q is not None), None)
            if literal is not None:
                self._quoted.add(len(self._steps))
                self._steps.append(literal)
            elif index is not None and index != "*":
                self._steps.append(int(index))
            else:
                self._steps.append(name or "*")
            at = found.end()

    def records(self, document: Any) -> Iterator[tuple[dict[str, Any] | None, str]]:
        """The objects at the path, and as None with its text what is there and is no object."""
        for value in self._values(document, 0):
            for part in value if isinstance(value, list) else [value]:
                yield (part if isinstance(part, dict) else None), json.dumps(part)

    def _values(self, value: Any, at: int) -> Iterator[Any]:
        if at == len(self._steps):
            yield value
            return
        step = self._steps[at]
        inner: list[Any] = []
        if step == "*" and at not in self._quoted:
            inner = list(value.values()) if isinstance(value, dict) else value
            inner = inner if isinstance(inner, list) else []
        elif isinstance(step, int):
            within = isinstance(value, list) and -len(value) <= step < len(value)
            inner = [value[step]] if within else []
        elif isinstance(value, dict) and step in value:
            inner = [value[step]]
        for part in inner:
            yield from self._values(part, at + 1)
