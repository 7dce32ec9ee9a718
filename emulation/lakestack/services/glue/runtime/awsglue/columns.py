"""Columns by name and by path, and casts to Glue's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import StructType

from .gluetypes import is_complex, spark_type

WHOLE_NUMBERS = ("bigint", "int", "smallint", "tinyint")


def quoted(name: str) -> Column:
    """A column by its literal name, dots included."""
    return F.col("`" + name.replace("`", "``") + "`")


def listed(paths: str | Sequence[str]) -> list[str]:
    """Paths, one or several, without the back-ticks around them."""
    return [path.strip("`") for path in ([paths] if isinstance(paths, str) else paths)]


def convert(column: Column, source_type: str, target_type: str) -> Column:
    """Cast a column to a Glue type; text becomes an array, map or struct by reading it as JSON.

    What cannot be cast is null, whatever ``spark.sql.ansi.enabled`` says.
    """
    target = spark_type(target_type)
    if source_type == "string" and is_complex(target):
        return F.from_json(column, target)
    # A whole number may come as "31.0" or 3.1E1: text is read as a decimal on its way.
    if source_type == "string" and target in WHOLE_NUMBERS:
        return _try_cast(_try_cast(column, "decimal(38,6)"), target)
    return _try_cast(column, target)


def has_fraction(text: Column) -> Column:
    """Whether text is a number that is not whole."""
    number = _try_cast(text, "double")
    return F.coalesce(number != F.floor(number), F.lit(False))


def _try_cast(column: Column, target: str) -> Column:
    # Spark 4 has Column.try_cast; in Spark 3.5 a plain cast gives null, as ANSI is off.
    attempt = getattr(column, "try_cast", None)
    return (
        attempt(target)
        if callable(attempt) and not isinstance(attempt, Column)
        else (column.cast(target))
    )


def find_column(frame: DataFrame, path: str, case_sensitive: bool = True) -> Column | None:
    """Find a field by its path (``a.b``; back-ticks around a name with a dot), else None."""
    whole = path.strip("`")
    names = {(n if case_sensitive else n.lower()): n for n in frame.columns}

    def key(name: str) -> str:
        return name if case_sensitive else name.lower()

    if key(whole) in names:
        return quoted(names[key(whole)])
    schema: Any = frame.schema
    column: Column | None = None
    for part in path.split("."):
        if not isinstance(schema, StructType):
            return None
        found = next((f for f in schema.fields if key(f.name) == key(part)), None)
        if found is None:
            return None
        column = quoted(found.name) if column is None else column[found.name]
        schema = found.dataType
    return column


def nested(fields: Sequence[tuple[str, Column]]) -> list[Column]:
    """Columns of paths to values: ``a.b`` and ``a.c`` make the struct ``a`` of b and c.

    A path in back-ticks is one name, dots included.
    """
    tree: dict[str, Any] = {}
    for path, column in fields:
        parts = [path.strip("`")] if path.startswith("`") else path.split(".")
        branch = tree
        for part in parts[:-1]:
            branch = branch.setdefault(part, {})
            if not isinstance(branch, dict):
                raise ValueError(f"{path!r} lies within a field that is a value itself")
        branch[parts[-1]] = column
    return [_built(name, value) for name, value in tree.items()]


def _built(name: str, value: Any) -> Column:
    if isinstance(value, dict):
        return F.struct(*(_built(n, v) for n, v in value.items())).alias(name)
    column: Column = value.alias(name)
    return column
