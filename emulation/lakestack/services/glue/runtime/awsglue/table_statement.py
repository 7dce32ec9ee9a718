"""Statements of Spark SQL that say what the Data Catalog has: partitions, and a whole table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .type_names import spark_type

PARTITIONS_PER_STATEMENT = 200
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def sql_name(*parts: str) -> str:
    """A name of one part or of several, in back-ticks."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def literal(text: str) -> str:
    """Text as Spark SQL spells it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def columns_of(columns: Sequence[Mapping[str, Any]]) -> str:
    """Columns of the Data Catalog as a list of names and types."""
    return ", ".join(
        f"{sql_name(c['Name'])} {spark_type(c.get('Type') or 'string')}" for c in columns
    )


def partition_changes(
    table: str,
    keys: Sequence[str],
    before: set[tuple[str, ...]],
    now: set[tuple[str, ...]],
    locations: Mapping[tuple[str, ...], str] | None = None,
) -> Iterator[str]:
    """The statements that give a table the partitions of now.

    Args:
        table: its name, as `sql_name` gives it
        locations: where they are, if not below the table's own location
    """
    for gone in sorted(before - now):
        yield f"ALTER TABLE {table} DROP IF EXISTS {_partition(keys, gone)}"
    places = {values: f" LOCATION {literal(place)}" for values, place in (locations or {}).items()}
    new = [_partition(keys, values) + places.get(values, "") for values in sorted(now - before)]
    for start in range(0, len(new), PARTITIONS_PER_STATEMENT):
        some = " ".join(new[start : start + PARTITIONS_PER_STATEMENT])
        yield f"ALTER TABLE {table} ADD IF NOT EXISTS {some}"


def _partition(keys: Sequence[str], values: Sequence[str]) -> str:
    cells = (
        f"{sql_name(key)}={'null' if value == NULL_PARTITION else literal(value)}"
        for key, value in zip(keys, values, strict=True)
    )
    return f"PARTITION ({', '.join(cells)})"


def create_statement(database: str, table: Mapping[str, Any]) -> str:
    """The statement that would make a table of the Data Catalog, as Hive spells it.

    Args:
        table: ``Name``, ``StorageDescriptor``, ``PartitionKeys`` and ``Parameters``, as in the API
    """
    storage = table["StorageDescriptor"]
    serde = storage.get("SerdeInfo", {})
    columns = [
        f"  {sql_name(c['Name'])} {c.get('Type') or 'string'}" for c in storage.get("Columns", ())
    ]
    lines = [f"CREATE EXTERNAL TABLE {sql_name(database, table['Name'])} (", ",\n".join(columns)]
    lines[-1] += ")"
    if table["PartitionKeys"]:
        lines.append(f"PARTITIONED BY ({columns_of(table['PartitionKeys'])})")
    if library := serde.get("SerializationLibrary"):
        lines.append(f"ROW FORMAT SERDE {literal(library)}")
    if properties := serde.get("Parameters"):
        lines.append(f"WITH SERDEPROPERTIES ({_properties(properties)})")
    if storage.get("InputFormat") and storage.get("OutputFormat"):
        lines.append(f"STORED AS INPUTFORMAT {literal(storage['InputFormat'])}")
        lines.append(f"OUTPUTFORMAT {literal(storage['OutputFormat'])}")
    if location := storage.get("Location"):
        lines.append(f"LOCATION {literal(location)}")
    if table["Parameters"]:
        lines.append(f"TBLPROPERTIES ({_properties(table['Parameters'])})")
    return "\n".join(lines) + "\n"


def _properties(properties: Mapping[str, str]) -> str:
    return ", ".join(f"{literal(k)} = {literal(v)}" for k, v in sorted(properties.items()))
