"""Result files, as Athena writes them beside each other.

Amazon Athena User Guide, "Work with query results and recent queries": a CSV file in which each
value is quoted and NULL is nothing, and a binary file of metadata. That one is not described there;
its members are as readers of it have found them: a protocol buffer, a message for each column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lakestack.services.athena.engine import types, values

BATCH = 10_000
_SAME_TEXT = (
    *("boolean", "tinyint", "smallint", "integer", "bigint", "hugeint", "decimal", "date"),
    *("utinyint", "usmallint", "uinteger", "ubigint", "uuid"),
)
"""Types whose values DuckDB and Trino write alike."""
_NULLABLE = {"NOT_NULL": 1, "NULLABLE": 2, "UNKNOWN": 3}


def write_csv(
    connection: Any, sql: str, described: Sequence[tuple[str, Any]], file: Path
) -> list[dict[str, Any]]:
    """Run a query and write its rows; returns the ColumnInfo of each column.

    DuckDB makes the lines, unless there are nested values, which it writes in another way.

    Args:
        connection: DuckDB's
        described: names and DuckDB's types of the columns
    """
    infos = [types.column_info(name, kind) for name, kind in described]
    writers = [values.text_of(kind) for _, kind in described]
    flat = [_flat_text(f"c{at}", kind) for at, (_, kind) in enumerate(described)]
    parts = [text for text in flat if text is not None]
    with file.open("w", encoding="utf-8", newline="") as target:
        target.write(",".join(quoted(name) for name, _ in described) + "\n")
        if len(parts) < len(flat):
            cursor = connection.execute(sql)
            while rows := cursor.fetchmany(BATCH):
                target.write("".join(_line(row, writers) for row in rows))
            return infos
        names = ", ".join(f"c{at}" for at in range(len(described)))
        line = " || ',' || ".join(f"coalesce('\"' || {text} || '\"', '')" for text in parts)
        cursor = connection.execute(f"SELECT {line} FROM ({sql}) lake_rows({names})")
        while rows := cursor.fetchmany(BATCH):
            target.write("\n".join(row[0] for row in rows) + "\n")
    return infos


def _flat_text(name: str, kind: Any) -> str | None:
    """DuckDB's expression for a value as text; None where it is not one of the simple types."""
    if kind.id in ("double", "float"):
        plain = f"{name} = 0 OR (abs({name}) >= 1e-3 AND abs({name}) < 1e7)"
        if kind.id == "float":
            return None
        return f"CASE WHEN {plain} THEN CAST({name} AS VARCHAR) ELSE lake_java_double({name}) END"
    if kind.id in ("timestamp", "timestamp_ms", "timestamp_ns", "timestamp_s"):
        return f"strftime({name}, '%Y-%m-%d %H:%M:%S.%g')"
    if kind.id == "varchar" and str(kind) != "JSON":
        return f"replace({name}, '\"', '\"\"')"
    return f"CAST({name} AS VARCHAR)" if kind.id in _SAME_TEXT else None


def _line(row: Sequence[Any], writers: Sequence[values.Text]) -> str:
    return (
        ",".join(
            "" if value is None else quoted(write(value))
            for value, write in zip(row, writers, strict=True)
        )
        + "\n"
    )


def quoted(text: str) -> str:
    """A value as the file has it."""
    return '"' + text.replace('"', '""') + '"'


def metadata(columns: Iterable[dict[str, Any]]) -> bytes:
    """The binary file beside the results.

    Args:
        columns: ColumnInfo
    """
    found = b"\x08\x01"
    for column in columns:
        message = b"".join(
            (
                _text(1, column["CatalogName"]),
                _text(4, column["Name"]),
                _text(5, column["Label"]),
                _text(6, column["Type"]),
                _number(7, column["Precision"]),
                _number(8, column["Scale"]),
                _number(9, _NULLABLE[column["Nullable"]]),
                _number(10, int(column["CaseSensitive"])),
            )
        )
        found += _tag(4, 2) + _varint(len(message)) + message
    return found


def _text(member: int, value: str) -> bytes:
    encoded = value.encode()
    return _tag(member, 2) + _varint(len(encoded)) + encoded


def _number(member: int, value: int) -> bytes:
    return _tag(member, 0) + _varint(value)


def _tag(member: int, kind: int) -> bytes:
    return _varint(member << 3 | kind)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
