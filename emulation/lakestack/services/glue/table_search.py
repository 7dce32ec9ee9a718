"""Tables of the Data Catalog by text, by their properties and in an order: SearchTables.

Glue API Reference, "SearchTables": texts are split at punctuation, and each token is compared as a
whole; a text in quotes is compared with whole values; comparators are for times. Where it says
nothing we guess: case does not matter, ``_`` is part of a token, every token of a text must be
found, and a key that is no member of a table is one of its parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt
from typing import Any

from lakestack.services.base import aws_error

Table = Mapping[str, Any]
_TOKEN = re.compile(r"\w+")
_TIMES = ("CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime")
_COMPARED: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "EQUALS": eq,
    "GREATER_THAN": gt,
    "LESS_THAN": lt,
    "GREATER_THAN_EQUALS": ge,
    "LESS_THAN_EQUALS": le,
}
_SORTED_BY = ("Name", "DatabaseName", "Description", "Owner", "TableType", *_TIMES)
_NEVER = datetime.min.replace(tzinfo=UTC)


def found(tables: Sequence[Table], request: Mapping[str, Any]) -> list[Table]:
    """The tables that a request of SearchTables asks for, in its order.

    Args:
        tables: all of the account; nobody shares one with it
        request: what was asked

    Raises:
        InvalidInputException: a value of a time is none, or nothing is sorted by a field
    """
    if request.get("ResourceShareType", "ALL") != "ALL":
        return []
    filters = request.get("Filters") or []
    kept = [
        table
        for table in tables
        if _has_text(table, request.get("SearchText"))
        and all(_meets(table, each) for each in filters)
    ]
    kept.sort(key=lambda table: (table["DatabaseName"], table["Name"]))
    for criterion in reversed(request.get("SortCriteria") or []):
        field = criterion.get("FieldName") or "Name"
        if field not in _SORTED_BY:
            raise aws_error(
                "InvalidInputException",
                f"SortCriteria: {field!r} is not a field to sort by; use {', '.join(_SORTED_BY)}",
            )
        kept.sort(key=_key(field), reverse=criterion.get("Sort") == "DESC")
    return kept


def _key(field: str) -> Callable[[Table], Any]:
    if field in _TIMES:
        return lambda table: table.get(field) or _NEVER
    return lambda table: str(table.get(field) or "").lower()


def _has_text(table: Table, text: str | None) -> bool:
    return not text or _matches(list(_texts(table)), text)


def _meets(table: Table, predicate: Mapping[str, str]) -> bool:
    key, value = predicate.get("Key"), predicate.get("Value")
    if not key or not value:
        return True
    if key in _TIMES:
        compare = _COMPARED[predicate.get("Comparator") or "EQUALS"]
        at = table.get(key)
        return at is not None and compare(at, _moment(key, value))
    if key in table:
        return _matches(list(_texts(table[key])), value)
    return _matches([str((table.get("Parameters") or {}).get(key, ""))], value)


def _matches(values: Sequence[str], wanted: str) -> bool:
    if len(wanted) > 2 and wanted[0] == wanted[-1] == '"':
        return wanted[1:-1].lower() in (value.lower() for value in values)
    there = {token for value in values for token in _tokens(value)}
    tokens = _tokens(wanted)
    return bool(tokens) and there.issuperset(tokens)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, with the names of parameters."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key in ("Parameters", "SerdeProperties"):
                yield from each
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _moment(key: str, text: str) -> datetime:
    """A time in ISO 8601, or in Unix seconds; without a zone it is in UTC."""
    try:
        if text.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(text), UTC)
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as e:
        raise aws_error(
            "InvalidInputException",
            f"Filters: {text!r} is not a time for {key}; write 2024-01-31T12:00:00Z",
        ) from e
    return read if read.tzinfo else read.replace(tzinfo=UTC)
