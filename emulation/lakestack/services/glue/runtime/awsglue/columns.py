"""Columns by name and by path, and casts to Glue's types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import StructType

from .gluetypes import is_complex
from .type_names import PLAIN_WORDS, spark_type

_BITS = {"bigint": 64, "int": 32, "smallint": 16, "tinyint": 8}
WHOLE_NUMBERS = tuple(_BITS)
_TEXT = {"varchar": "string", "char": "string"}  # Glue's frames know no length


def quoted(name: str) -> Column:
    """A column by its literal name, dots included."""
    return F.col("`" + name.replace("`", "``") + "`")


def listed(paths: str | Sequence[str]) -> list[str]:
    """Paths, one or several, without the back-ticks around them."""
    return [path.strip("`") for path in ([paths] if isinstance(paths, str) else paths)]


def convert(column: Column, source_type: str, target_type: str) -> Column:
    """Cast a column to a Glue type; text becomes an array, map or struct by reading it as JSON.

    What cannot be cast is null, whatever ``spark.sql.ansi.enabled`` says, and so is a number beyond
    the type. The word ``struct``, ``array``, ``map`` or ``choice`` alone leaves the value as it is.
    """
    target = _TEXT.get(re.split(r"[(]", target_type.strip().lower(), maxsplit=1)[0]) or spark_type(
        target_type
    )
    if target in PLAIN_WORDS:
        return column
    if source_type == "string" and is_complex(target):
        return F.from_json(column, target)
    if target in _BITS:
        # Spark's cast keeps the lower bits of what is too large. Of text a whole number may come
        # as "31.0" or 3.1E1: it is a decimal on its way.
        number, largest = _try_cast(column, "decimal(38,6)"), 2 ** (_BITS[target] - 1)
        fits = (number > F.lit(Decimal(-largest - 1))) & (number < F.lit(Decimal(largest)))
        return F.when(fits, _try_cast(number, target))
    return _try_cast(column, target)


def mapped_type(name: str) -> str:
    """A type as a mapping or a cast names it: a bare ``decimal`` has two places.

    AWS Glue Developer Guide, "PySpark extension types": DecimalType(precision=10, scale=2).
    """
    return "decimal(10,2)" if name.strip().lower() == "decimal" else name


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
    if name := matching(whole, frame.columns, case_sensitive):
        return quoted(name)
    schema: Any = frame.schema
    column: Column | None = None
    for part in path.split("."):
        name = matching(part, schema.names, case_sensitive) if _is_struct(schema) else None
        if name is None:
            return None
        column = quoted(name) if column is None else column[name]
        schema = schema[name].dataType
    return column


def matching(wanted: str, names: Sequence[str], case_sensitive: bool = True) -> str | None:
    """The name among several that is meant: as it is written, else one that differs by case."""
    if wanted in names:
        return wanted
    if case_sensitive:
        return None
    return next((name for name in names if name.lower() == wanted.lower()), None)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, StructType)


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
