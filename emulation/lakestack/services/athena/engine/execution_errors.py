"""What DuckDB says of a query that it does not run, in Trino's words where they are known.

The names are those of Trino's StandardErrorCode, which Athena puts before its texts.
"""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from lakestack.services.athena.engine.errors import RESOURCES, QueryError, data_error
from lakestack.services.athena.engine.translation import place

_KNOWN = (
    (re.compile("DIVISION_BY_ZERO", re.IGNORECASE), "DIVISION_BY_ZERO", "Division by zero"),
    (
        re.compile(
            'Referenced (?:column|table) "([^"]*)" not found|Table "[^"]*" does not have a column '
            'named "([^"]*)"|column named "([^"]*)" (?:is not|does not)',
            re.IGNORECASE,
        ),
        "COLUMN_NOT_FOUND",
        "{place}: Column '{what}' cannot be resolved",
    ),
    (
        re.compile('column "?([^" ]+)"? must appear in the GROUP BY clause', re.IGNORECASE),
        "EXPRESSION_NOT_AGGREGATE",
        "{place}: '{what}' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (
        re.compile('Ambiguous reference to column name "([^"]+)"', re.IGNORECASE),
        "AMBIGUOUS_NAME",
        "{place}: Column '{what}' is ambiguous",
    ),
    (
        re.compile('Function with name "?(\\w+)"? does not exist', re.IGNORECASE),
        "FUNCTION_NOT_FOUND",
        "line 1:1: Function '{what}' not registered",
    ),
)
"""What DuckDB says, the error's name, and Trino's words for it."""
_COMPARED = re.compile(r"to (\w+) when casting from source column (\w+)")
_INTERNAL = re.compile(r"lake_table_\d+(?:_files)?|LINE \d+:.*", re.DOTALL)


def translated(error: Exception, tree: exp.Expression | None) -> QueryError:
    """The error as Athena has it.

    Args:
        error: DuckDB's
        tree: of the query, for places
    """
    kind, text = type(error).__name__, str(error)
    return _named(kind, text, tree) or _of_kind(kind, text)


def _named(kind: str, text: str, tree: exp.Expression | None) -> QueryError | None:
    """An error that DuckDB says in words that are known."""
    found = _COMPARED.search(text) if kind == "ConversionException" else None
    if found and not _is_cast(tree, found[2]):
        said = f"Cannot apply operator to varchar and {found[1].lower()}"
        return QueryError("TYPE_MISMATCH", f"{_of_column(tree, found[2])}: {said}")
    for pattern, name, said in _KNOWN:
        if found := pattern.search(text):
            what = next((each for each in found.groups() if each), "")
            return QueryError(name, said.format(place=_of_column(tree, what), what=what))
    return None


def _of_kind(kind: str, text: str) -> QueryError:
    plain = _INTERNAL.sub("", text.partition(": ")[2] or text).split("\n")[0].strip()
    if "Malformed JSON" in text:
        return data_error("HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object: {plain}")
    if kind == "OutOfMemoryException":
        return QueryError("", "Query exhausted resources at this scale factor", kind=RESOURCES)
    name = _BY_KIND.get(kind, "GENERIC_INTERNAL_ERROR")
    if kind == "BinderException" and "No function matches" not in text and "compare" not in text:
        name = "SYNTAX_ERROR"
    return QueryError(name, plain)


_BY_KIND: dict[str, str] = {
    "BinderException": "TYPE_MISMATCH",
    "ConversionException": "INVALID_CAST_ARGUMENT",
    "InvalidInputException": "INVALID_FUNCTION_ARGUMENT",
    "OutOfRangeException": "NUMERIC_VALUE_OUT_OF_RANGE",
    "ParserException": "SYNTAX_ERROR",
    "CatalogException": "SYNTAX_ERROR",
    "NotImplementedException": "NOT_SUPPORTED",
    "PermissionException": "PERMISSION_DENIED",
}


def _of_column(tree: Any, name: str) -> str:
    if tree is not None:
        for column in tree.find_all(exp.Column, bfs=False):
            if name.lower() in (column.name.lower(), column.table.lower()):
                return place(column)
    return "line 1:1"


def _is_cast(tree: Any, name: str) -> bool:
    """Whether the query itself casts a column."""
    return tree is None or any(
        column.name.lower() == name.lower()
        for cast in tree.find_all(exp.Cast)
        for column in cast.find_all(exp.Column)
    )
