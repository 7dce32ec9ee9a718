"""Which types the values of a field have, by Glue's names: a field with several is a choice."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Collection, Iterable, Mapping
from typing import Any

Kinds = dict[str, set[str]]

_NAMES: Mapping[type, str] = {
    bool: "boolean",
    int: "long",
    float: "double",
    str: "string",
    dict: "struct",
    list: "array",
    tuple: "struct",
    bytes: "binary",
    bytearray: "binary",
    datetime.date: "date",
    datetime.datetime: "timestamp",
    decimal.Decimal: "decimal",
}


def kind_of(value: object) -> str:
    """The type of a value."""
    return next((_NAMES[t] for t in type(value).__mro__ if t in _NAMES), "unknown")


def kinds_of(record: Mapping[str, Any]) -> Kinds:
    """The type of each value of a record that is not null."""
    return {name: {kind_of(value)} for name, value in record.items() if value is not None}


def merged(one: Kinds, other: Mapping[str, Iterable[str]]) -> Kinds:
    """All types of each field."""
    names = one.keys() | other.keys()
    return {name: one.get(name, set()) | set(other.get(name, ())) for name in names}


def choices_of(kinds: Kinds) -> frozenset[str]:
    """The fields whose values are of several types."""
    return frozenset(name for name, found in kinds.items() if len(found) > 1)


def separated(record: Mapping[str, Any], choices: Collection[str]) -> dict[str, Any]:
    """A record whose choices say their type: the value 5 becomes ``{"long": 5}``."""
    return {
        name: {kind_of(value): value} if name in choices and value is not None else value
        for name, value in record.items()
    }
