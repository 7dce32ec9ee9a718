"""Types: of Glue's columns, of DuckDB, and as Athena names them.

Amazon Athena User Guide, "Data types in Amazon Athena". Precisions and scales of ColumnInfo are as
Athena's answers have them (recorded by users of its drivers).
"""

from __future__ import annotations

import re
from typing import Any

from lakestack.services.athena.engine.errors import QueryError

_SIMPLE = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "decimal": "DECIMAL(10,0)",
    "json": "JSON",
}

# DuckDB's type to Athena's, to Hive's, and the precision of ColumnInfo.
_OF_DUCKDB = {
    "boolean": ("boolean", "boolean", 0),
    "tinyint": ("tinyint", "tinyint", 3),
    "smallint": ("smallint", "smallint", 5),
    "integer": ("integer", "int", 10),
    "bigint": ("bigint", "bigint", 19),
    "hugeint": ("bigint", "bigint", 19),  # sums of bigint, which are bigint in Trino
    "utinyint": ("smallint", "smallint", 5),
    "usmallint": ("integer", "int", 10),
    "uinteger": ("bigint", "bigint", 19),
    "ubigint": ("bigint", "bigint", 19),
    "float": ("float", "float", 17),
    "double": ("double", "double", 17),
    "varchar": ("varchar", "string", 2147483647),
    "blob": ("varbinary", "binary", 1073741824),
    "date": ("date", "date", 0),
    "time": ("time", "string", 0),
    "timestamp": ("timestamp", "timestamp", 3),
    "timestamp_ms": ("timestamp", "timestamp", 3),
    "timestamp_ns": ("timestamp", "timestamp", 3),
    "timestamp_s": ("timestamp", "timestamp", 3),
    "timestamp with time zone": ("timestamp with time zone", "timestamp", 3),
    "interval": ("interval day to second", "string", 0),
    "uuid": ("uuid", "string", 0),
    '"null"': ("unknown", "string", 0),
    "null": ("unknown", "string", 0),
}
_CASED = ("varchar", "char")


def quoted(name: str) -> str:
    """A name as DuckDB takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as DuckDB takes it."""
    return "'" + text.replace("'", "''") + "'"


def of_hive(text: str) -> str:
    """DuckDB's type of a column of Glue's.

    Args:
        text: such as ``array<struct<a:int,b:string>>``

    Raises:
        QueryError: Athena has no such type
    """
    return _of_hive(text.strip().lower())


def _of_hive(text: str) -> str:
    head, bracket, inner = text.partition("<")
    if not bracket:
        name, _, sizes = text.partition("(")
        if name == "decimal" and sizes:
            return f"DECIMAL({sizes}"
        if name in _SIMPLE:
            return _SIMPLE[name]
        raise QueryError("HIVE_UNSUPPORTED_FORMAT", f"Unsupported Hive type: {text}")
    parts = split(inner.rstrip()[:-1])
    if head == "array":
        return f"{_of_hive(parts[0])}[]"
    if head == "map" and len(parts) == 2:
        return f"MAP({_of_hive(parts[0])}, {_of_hive(parts[1])})"
    if head == "struct":
        fields = [part.partition(":") for part in parts]
        inside = ", ".join(f"{quoted(name.strip())} {_of_hive(kind)}" for name, _, kind in fields)
        return f"STRUCT({inside})"
    raise QueryError("HIVE_UNSUPPORTED_FORMAT", f"Unsupported Hive type: {text}")


def split(text: str) -> list[str]:
    """The parts between commas that are outside all brackets."""
    found, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]


def column_info(name: str, kind: Any) -> dict[str, Any]:
    """ColumnInfo of a result's column.

    Args:
        kind: DuckDB's type
    """
    athena, precision, scale = _athena(kind)
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": athena,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": athena in _CASED,
    }


def _athena(kind: Any) -> tuple[str, int, int]:
    name = kind.id
    if name == "decimal":
        sizes = dict(kind.children)
        return "decimal", sizes["precision"], sizes["scale"]
    if name in ("list", "array"):
        return "array", 0, 0
    if name == "struct":
        return "row", 0, 0
    if name == "map":
        return "map", 0, 0
    if str(kind) == "JSON":
        return "json", 0, 0
    known = _OF_DUCKDB.get(name) or _OF_DUCKDB.get(str(kind).lower())
    if known is None:
        raise QueryError("NOT_SUPPORTED", f"The type {kind} is not part of the emulated Athena")
    return known[0], known[2], 0


def to_hive(kind: Any) -> str:
    """Glue's type of a column that a query makes.

    Args:
        kind: DuckDB's type
    """
    name = kind.id
    if name == "decimal":
        sizes = dict(kind.children)
        return f"decimal({sizes['precision']},{sizes['scale']})"
    if name in ("list", "array"):
        return f"array<{to_hive(kind.children[0][1])}>"
    if name == "struct":
        inside = ",".join(f"{field}:{to_hive(each)}" for field, each in kind.children)
        return f"struct<{inside}>"
    if name == "map":
        parts = dict(kind.children)
        return f"map<{to_hive(parts['key'])},{to_hive(parts['value'])}>"
    known = _OF_DUCKDB.get(name) or _OF_DUCKDB.get(str(kind).lower())
    if known is None or known[0] == "unknown":
        raise QueryError("NOT_SUPPORTED", f"Unsupported Hive type: {known[0] if known else kind}")
    return known[1]


_TRINO = re.compile(r"\b(string|int|float|binary|struct)\b")


def of_view(hive: str) -> str:
    """A column's type in a view's definition, as Trino spells it."""
    names = {"string": "varchar", "int": "integer", "float": "real", "binary": "varbinary"}
    plain = _TRINO.sub(lambda found: names.get(found[0], "row"), hive)
    return plain.replace("<", "(").replace(">", ")").replace(":", " ")


def of_text(duckdb: str) -> str:
    """Trino's name of a type, as its ``typeof`` gives it.

    Args:
        duckdb: such as ``STRUCT(a INTEGER)[]``
    """
    text = duckdb.strip()
    if text.endswith("[]"):
        return f"array({of_text(text[:-2])})"
    head, bracket, inner = text.partition("(")
    if bracket and head == "MAP":
        return f"map({', '.join(of_text(part) for part in split(inner[:-1]))})"
    if bracket and head == "STRUCT":
        fields = [part.partition(" ") for part in split(inner[:-1])]
        shown = (
            of_text(kind)
            if _ANONYMOUS.fullmatch(name)
            else f"{name.strip(chr(34))} {of_text(kind)}"
            for name, _, kind in fields
        )
        return f"row({', '.join(shown)})"
    return _TYPE_NAMES.get(text) or text.lower()


_ANONYMOUS = re.compile(r'"?_\d+"?|')
_TYPE_NAMES = {
    "TIMESTAMP": "timestamp(3)",
    "TIMESTAMP WITH TIME ZONE": "timestamp(3) with time zone",
    "FLOAT": "real",
    "BLOB": "varbinary",
    "HUGEINT": "bigint",
    '"NULL"': "unknown",
    "INTERVAL": "interval day to second",
}
