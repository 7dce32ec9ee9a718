"""The JSONPath that the filters of a transform job may use.

Amazon SageMaker Developer Guide, "Associate Prediction Results with Input Records", "Supported
JSONPath Operators": ``$``, ``.name``, ``*``, ``['a','b']``, ``[0,2]`` and ``[1:3]``. Several names
keep an object, several indexes an array, which no general JSONPath library does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_NAME = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_INDEX = r"-?\d*(?::-?\d*)?"
_STEP = re.compile(
    rf"\.(?P<dot>[A-Za-z_][\w-]*)|(?P<all>\.\*|\[\s*\*\s*\])"
    rf"|\[(?P<names>\s*(?:{_NAME})\s*(?:,\s*(?:{_NAME})\s*)*)\]"
    rf"|\[(?P<indexes>\s*{_INDEX}\s*(?:,\s*{_INDEX}\s*)*)\]"
)
Step = Callable[[Any], Any]


class PathError(Exception):
    """The expression is none, or selects what is not there."""


class JsonPath:
    """A compiled expression.

    Raises:
        PathError: it has an operator that SageMaker does not support
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if not text.startswith("$"):
            raise PathError(f"{text!r} is no JSONPath: it must begin with $")
        self._steps: list[Step | None] = []
        position = 1
        while position < len(text):
            found = _STEP.match(text, position)
            if found is None:
                raise PathError(
                    f"{text!r} has what SageMaker's JSONPath has not: {text[position:]!r}; "
                    "valid are $, .name, *, ['name','name'], [0,2] and [1:3]"
                )
            self._steps.append(_step(found))
            position = found.end()

    @property
    def whole(self) -> bool:
        """Whether it selects everything."""
        return not self._steps

    def select(self, value: Any) -> Any:
        """What the expression selects of a JSON value.

        Raises:
            PathError: a name or index that the value has not
        """
        try:
            return _selected(value, self._steps)
        except (KeyError, IndexError, TypeError) as e:
            raise PathError(f"{self.text} selects nothing: {type(e).__name__}: {e}") from e


def _selected(value: Any, steps: list[Step | None]) -> Any:
    for number, step in enumerate(steps):
        if step is None:
            inner = list(value.values()) if isinstance(value, dict) else list(value)
            return [_selected(each, steps[number + 1 :]) for each in inner]
        value = step(value)
    return value


def _step(found: re.Match[str]) -> Step | None:
    """None: every element."""
    if found["all"]:
        return None
    if found["dot"]:
        return _member(found["dot"])
    if found["names"]:
        names = [_unquoted(name) for name in re.findall(_NAME, found["names"])]
        if len(names) == 1:
            return _member(names[0])
        return lambda value: {name: value[name] for name in names}
    parts = [part.strip() for part in found["indexes"].split(",")]
    if not all(parts):
        raise PathError(f"{found.string!r} has an empty index")
    if len(parts) == 1 and ":" not in parts[0]:
        return _element(int(parts[0]))
    return lambda value: [each for part in parts for each in _range(value, part)]


def _member(name: str) -> Step:
    def select(value: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError(f"a {type(value).__name__} has no member {name!r}")
        return value[name]

    return select


def _element(index: int) -> Step:
    def select(value: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError(f"a {type(value).__name__} has no element {index}")
        return value[index]

    return select


def _range(value: Any, part: str) -> list[Any]:
    if ":" not in part:
        return [_element(int(part))(value)]
    if not isinstance(value, list):
        raise TypeError(f"a {type(value).__name__} has no elements {part}")
    begin, _, end = part.partition(":")
    return value[int(begin) if begin else None : int(end) if end else None]


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name[1:-1])
