"""The Data Catalog's types: inferring them from values, merging them, writing them as Glue does.

A type is a scalar name (``"int"``), a `Struct` or an `Array`; `None` stands for "only nulls seen".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
BIGINT_MIN, BIGINT_MAX = -(2**63), 2**63 - 1

# Wider numeric types come later; merging two of them takes the later one.
NUMERIC = ("tinyint", "smallint", "int", "bigint", "float", "double")


@dataclass(frozen=True)
class Struct:
    """A record: field name (as in the data) to type."""

    fields: tuple[tuple[str, GlueType], ...]


@dataclass(frozen=True)
class Array:
    """A list whose elements share a type."""

    element: GlueType


GlueType: TypeAlias = "str | Struct | Array | None"


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in the catalog (lower case) and its type."""

    name: str
    type: GlueType

    def as_api(self) -> dict[str, str]:
        return {"Name": self.name, "Type": render(self.type)}


def type_of(value: Any) -> GlueType:
    """Infer the type of a decoded JSON value, as the crawler's JSON classifier does.

    Integers are ``int``, or ``bigint`` beyond 32 bits; beyond 64 bits they are ``decimal(38,0)``.
    """
    match value:
        case None:
            kind: GlueType = None
        case bool():
            kind = "boolean"
        case int():
            kind = _integer_type(value)
        case float():
            kind = "double"
        case Mapping():
            kind = Struct(tuple((str(k), type_of(v)) for k, v in value.items()))
        case list():
            kind = Array(merge_all(type_of(v) for v in value))
        case _:
            kind = "string"
    return kind


def _integer_type(value: int) -> str:
    if INT_MIN <= value <= INT_MAX:
        return "int"
    return "bigint" if BIGINT_MIN <= value <= BIGINT_MAX else "decimal(38,0)"


def merge(a: GlueType, b: GlueType) -> GlueType:
    """Return the narrowest type that holds both: numbers widen, records unite, else ``string``."""
    if a is None or b is None or a == b:
        return b if a is None else a
    if isinstance(a, Struct) and isinstance(b, Struct):
        fields = dict(a.fields)
        for name, kind in b.fields:
            fields[name] = merge(fields[name], kind) if name in fields else kind
        return Struct(tuple(fields.items()))
    if isinstance(a, Array) and isinstance(b, Array):
        return Array(merge(a.element, b.element))
    if isinstance(a, str) and isinstance(b, str):
        return _merge_scalars(a, b)
    return "string"


def _merge_scalars(a: str, b: str) -> str:
    if a in NUMERIC and b in NUMERIC:
        return max(a, b, key=NUMERIC.index)
    if {a, b} == {"date", "timestamp"}:
        return "timestamp"
    decimal, other = (a, b) if a.startswith("decimal") else (b, a)
    if decimal.startswith("decimal") and other in NUMERIC:
        return "double" if other in {"float", "double"} else decimal
    return "string"


def merge_all(types: Iterable[GlueType]) -> GlueType:
    """Merge any number of types; None when there are none."""
    result: GlueType = None
    for each in types:
        result = merge(result, each)
    return result


def compatible(a: GlueType, b: GlueType) -> bool:
    """Whether two types are the same column seen in two files (numbers of different width are)."""
    if a is None or b is None or a == b:
        return True
    if isinstance(a, Struct) or isinstance(b, Struct):
        return isinstance(a, Struct) and isinstance(b, Struct)
    if isinstance(a, Array) or isinstance(b, Array):
        return isinstance(a, Array) and isinstance(b, Array)
    return merge(a, b) != "string"


def merge_columns(schemas: Iterable[Iterable[Column]]) -> tuple[Column, ...]:
    """Unite columns by name, in the order in which they are first seen."""
    united: dict[str, GlueType] = {}
    for schema in schemas:
        for column in schema:
            united[column.name] = merge(united.get(column.name), column.type)
    return tuple(Column(name, kind) for name, kind in united.items())


def columns_of(record: Struct) -> tuple[Column, ...]:
    """Top-level fields as columns: names lower case, names that differ only in case united."""
    return merge_columns([Column(name.lower(), kind)] for name, kind in record.fields)


def render(kind: GlueType) -> str:
    """Write a type as the Data Catalog does, for example ``struct<a:int,b:array<string>>``."""
    if isinstance(kind, Struct):
        return f"struct<{','.join(f'{name}:{render(t)}' for name, t in kind.fields)}>"
    if isinstance(kind, Array):
        return f"array<{render(kind.element)}>"
    return kind or "string"
