"""What is done to the entities that are found: ``detectionParameters`` of `EntityDetector.detect`.

AWS Glue Developer Guide, "Using fine-grained sensitive data detection". It needs no Spark.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .custom import compiled
from .entities import Span

DETECT, REDACT, PARTIAL_REDACT, SHA256_HASH = ACTIONS = (
    "DETECT",
    "REDACT",
    "PARTIAL_REDACT",
    "SHA256_HASH",
)
_OPTIONS: Mapping[str, frozenset[str]] = {
    DETECT: frozenset(),
    REDACT: frozenset({"redactText"}),
    PARTIAL_REDACT: frozenset(
        {"redactChar", "matchPattern", "numLeftCharsToExclude", "numRightCharsToExclude"}
    ),
    SHA256_HASH: frozenset(),
}
_KEYS = frozenset({"action", "actionOptions", "sourceColumns", "sourceColumnsToExclude"})


@dataclass(frozen=True)
class Action:
    """What is done to the entities of one type.

    Attributes:
        entity: the type
        kind: one of `ACTIONS`
        options: its ``actionOptions``
        columns: names, or ``*`` for all
        excluded: names
    """

    entity: str
    kind: str = DETECT
    options: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ("*",)
    excluded: tuple[str, ...] = ()

    def concerns(self, column: str) -> bool:
        """Whether it is for a column."""
        return column not in self.excluded and ("*" in self.columns or column in self.columns)

    def masked(self, text: str) -> str:
        """What stands in the place of an entity."""
        options = dict(self.options)
        if self.kind == REDACT:
            return options.get("redactText", "*****")
        if self.kind == SHA256_HASH:
            return hashlib.sha256(text.encode()).hexdigest()
        if self.kind == PARTIAL_REDACT:
            sign = options.get("redactChar", "*")
            if pattern := options.get("matchPattern"):
                found: str = compiled(pattern).sub(lambda m: sign * len(m.group()), text)
                return found
            left = int(options.get("numLeftCharsToExclude", 0))
            end = max(left, len(text) - int(options.get("numRightCharsToExclude", 0)))
            return text[:left] + sign * (end - left) + text[end:]
        return text


def of_types(names: Iterable[str]) -> list[Action]:
    """Types that are only detected, in all columns."""
    return [Action(name) for name in names]


def of_parameters(given: Mapping[str, Any] | str, columns: Sequence[str]) -> list[Action]:
    """The actions of ``detectionParameters``.

    Args:
        given: lists of actions by type of entity; also as JSON
        columns: of the frame

    Raises:
        ValueError: it is not of that form, or names what is not there
    """
    try:
        read = json.loads(given) if isinstance(given, str) else given
        made = [_action(name, each, columns) for name, each in _listed(read)]
    except (TypeError, AttributeError, json.JSONDecodeError) as e:
        raise ValueError(
            'detectionParameters must be such as {"EMAIL": [{"action": "REDACT"}]}'
        ) from e
    return made


def _listed(given: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for name, actions in given.items():
        for each in [actions] if isinstance(actions, Mapping) else actions:
            yield name, each


def _action(entity: str, given: Mapping[str, Any], columns: Sequence[str]) -> Action:
    if unknown := given.keys() - _KEYS:
        raise ValueError(f"{', '.join(sorted(unknown))} of {entity} is not known")
    kind = given.get("action")
    if kind not in ACTIONS:
        raise ValueError(f"action {kind!r} of {entity} is not one of {', '.join(ACTIONS)}")
    options = given.get("actionOptions") or {}
    if unknown := options.keys() - _OPTIONS[kind]:
        raise ValueError(f"actionOptions {', '.join(sorted(unknown))} of {kind} are not known")
    if "matchPattern" in options and options.keys() - {"matchPattern", "redactChar"}:
        raise ValueError(
            "matchPattern does not go together with numLeft- and numRightCharsToExclude"
        )
    named = tuple(given.get("sourceColumns") or ("*",))
    excluded = tuple(given.get("sourceColumnsToExclude") or ())
    for name in (*named, *excluded):
        if name != "*" and name not in columns:
            raise ValueError(f"there is no column {name!r}; there are {', '.join(columns)}")
    texts = tuple(sorted((key, str(value)) for key, value in options.items()))
    return Action(entity, kind, texts, named, excluded)


def apply(text: str, found: Iterable[tuple[Span, Action]]) -> str:
    """A text with its entities masked; of those that overlap, the longest.

    Args:
        found: where they stand, and what is done to them
    """
    masked = [each for each in found if each[1].kind != DETECT]
    taken: list[tuple[Span, Action]] = []
    for span, action in sorted(masked, key=lambda each: each[0][0] - each[0][1]):
        if all(span[1] <= start or span[0] >= end for (start, end), _ in taken):
            taken.append((span, action))
    for (start, end), action in sorted(taken, key=lambda each: each[0], reverse=True):
        text = text[:start] + action.masked(text[start:end]) + text[end:]
    return text
