"""Items in DynamoDB's JSON (``{"name": {"S": "x"}}``) as plain records.

AWS Glue Developer Guide, "DynamicFrame class" (simplify_ddb_json, unnest_ddb_json). Numbers and
binary values stay the text that they are in the JSON. A list with elements of several types, or
with maps, is left as it is.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import ArrayType, DataType, StructType

from .columns import quoted
from .exact_names import selected
from .nested_data import unnest

_SCALARS = frozenset({"B", "BOOL", "N", "NULL", "S"})
_SETS = frozenset({"BS", "NS", "SS"})
_TYPES = _SCALARS | _SETS | {"L", "M"}
_TEXTS = frozenset({"B", "N", "S"})
_ITEM = "Item"
"""The field of an export's records that holds the item."""


def simplify(frame: DataFrame) -> DataFrame:
    """The records without DynamoDB's types; maps stay structs, and ``Item`` is taken apart."""
    columns = []
    for field in frame.schema.fields:
        column, kind = quoted(field.name), field.dataType
        if field.name == _ITEM and isinstance(kind, StructType) and not _is_typed(kind):
            columns += [_plain(column[f.name], f.dataType).alias(f.name) for f in kind.fields]
        else:
            columns.append(_plain(column, kind).alias(field.name))
    return selected(frame, *columns)


def unnested(frame: DataFrame) -> DataFrame:
    """The same with each field of a map as a column of its own, named ``map.field``."""
    return unnest(simplify(frame))


def _is_typed(kind: DataType) -> bool:
    return isinstance(kind, StructType) and bool(kind.names) and _TYPES.issuperset(kind.names)


def _plain(column: Column, kind: DataType) -> Column:
    """An attribute's value; what is none of DynamoDB's is left as it is."""
    if not isinstance(kind, StructType):
        return column
    if not _is_typed(kind):
        fields = (_plain(column[f.name], f.dataType).alias(f.name) for f in kind.fields)
        return F.when(column.isNotNull(), F.struct(*fields)) if kind.fields else column
    named = set(kind.names)
    if len(named) > 1:  # the attribute has several types: one value where all are text
        return F.coalesce(*(column[name] for name in kind.names)) if named <= _TEXTS else column
    [field] = kind.fields
    value = column[field.name]
    if field.name == "M":
        return _map(value, field.dataType)
    return _list(value, field.dataType) if field.name == "L" else value


def _map(value: Column, kind: DataType) -> Column:
    if not isinstance(kind, StructType) or not kind.fields:
        return value
    fields = (_plain(value[f.name], f.dataType).alias(f.name) for f in kind.fields)
    return F.when(value.isNotNull(), F.struct(*fields))


def _list(value: Column, kind: DataType) -> Column:
    element = kind.elementType if isinstance(kind, ArrayType) else None
    if not isinstance(element, StructType) or len(element.names) != 1 or "M" in element.names:
        return value
    if not _is_typed(element):
        return value
    return F.transform(value, lambda each: _plain(each, element))
