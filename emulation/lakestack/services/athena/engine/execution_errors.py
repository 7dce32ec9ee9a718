"""What DuckDB says of a query that it does not run, in Trino's words where they are known.

The names are those of Trino's StandardErrorCode, which Athena puts before its texts.
"""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from lakestack.services.athena.engine.errors import RESOURCES, QueryError, data_error
from lakestack.services.athena.engine.places import of_name as place

_CASTS = {
    **dict.fromkeys(("INT8", "TINYINT"), "TINYINT"),
    **dict.fromkeys(("INT16", "SMALLINT"), "SMALLINT"),
    **dict.fromkeys(("INT32", "INTEGER"), "INT"),
    **dict.fromkeys(("INT64", "BIGINT"), "BIGINT"),
    "FLOAT": "REAL",
    "DOUBLE": "DOUBLE",
    "BOOL": "BOOLEAN",
}
"""DuckDB's types as Trino names them where a cast fails."""
_SIZES = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint"}
_CAST = re.compile(r"Could not convert string '(.*)' to (\w+)", re.DOTALL)
_DECIMAL = re.compile(r'Could not convert string "(.*)" to (DECIMAL\(\d+,\d+\))', re.DOTALL)
_DATE = re.compile(r'invalid (date|timestamp) field format: "(.*?)"', re.DOTALL)
_TOO_LARGE = re.compile(r"with value (\S+) can't be cast .* destination type (\w+)")
_OVERFLOW = re.compile(r"Overflow in (\w+) of (INT\d+) \((-?\d+) (\S) (-?\d+)\)")
_NOT_A_TIME = re.compile(r"TIMESTAMP (.*)", re.DOTALL)
_KNOWN = (
    (re.compile("DIVISION_BY_ZERO", re.IGNORECASE), "DIVISION_BY_ZERO", "Division by zero"),
    (
        re.compile(
            'Referenced (?:column|table) "([^"]*)" not found|Table "[^"]*" does not have a column '
            'named "([^"]*)"|column named "([^"]*)" (?:is not|does not)',
            re.IGNORECASE,
        ),
        "COLUMN_NOT_FOUND",
        "{place}: Column '{what}' cannot be resolved or requester is not authorized to access "
        "requested resources",
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
        re.compile("WHERE clause cannot contain (?:aggregates|window)"),
        "EXPRESSION_NOT_SCALAR",
        "line 1:1: WHERE clause cannot contain aggregations, window functions or grouping "
        "operations",
    ),
    (
        re.compile("ORDER (?:BY )?term out of range"),
        "INVALID_COLUMN_REFERENCE",
        "line 1:1: ORDER BY position is not in select list",
    ),
    (
        re.compile("invalid perl operator: (\\S+)"),
        "NOT_SUPPORTED",
        "'{what}' in a pattern is not part of the emulated Athena",
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
    if cast := _of_cast(kind, text):
        return cast
    for pattern, name, said in _KNOWN:
        if found := pattern.search(text):
            what = next((each for each in found.groups() if each), "")
            return QueryError(name, said.format(place=_of_column(tree, what), what=what))
    return None


def _of_cast(kind: str, text: str) -> QueryError | None:
    """A value that cannot be what it is cast to, or a number that is too large."""
    if kind == "InvalidInputException" and (found := _NOT_A_TIME.search(text)):
        value = found[1].split("\n")[0]
        return QueryError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to timestamp: {value}")
    if kind == "OutOfRangeException" and (found := _OVERFLOW.search(text)):
        size, said = _SIZES.get(found[2], found[2].lower()), found[1].lower()
        shown = f"{found[3]} {found[4]} {found[5]}"
        return QueryError("NUMERIC_VALUE_OUT_OF_RANGE", f"{size} {said} overflow: {shown}")
    said = _words_of_cast(text) if kind == "ConversionException" else None
    return QueryError("INVALID_CAST_ARGUMENT", said) if said else None


def _words_of_cast(text: str) -> str | None:
    if found := _CAST.search(text):
        return f"Cannot cast '{found[1]}' to {_CASTS.get(found[2], found[2])}"
    if found := _DECIMAL.search(text):
        size = found[2].replace(",", ", ")
        return f"Cannot cast VARCHAR '{found[1]}' to {size}. Value is not a number."
    if found := _DATE.search(text):
        return f"Value cannot be cast to {found[1]}: {found[2]}"
    if found := _TOO_LARGE.search(text):
        return f"Out of range for {_SIZES.get(found[2], found[2].lower())}: {found[1]}"
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
