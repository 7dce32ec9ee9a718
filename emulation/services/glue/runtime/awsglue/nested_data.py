"""Nested records as flat tables: `unnest` and `relationalize`."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

from .columns import quoted
from .errors import UnsupportedApi


def unnest(frame: DataFrame) -> DataFrame:
    """Every field of a struct, at any depth, as a column of its own, named ``struct.field``."""
    return frame.select(*(c.alias(n) for n, c, _ in _leaves(frame)))


def relationalize(frame: DataFrame, root: str) -> dict[str, DataFrame]:
    """A table of flat records, and one for each array, at any depth.

    A record holds a number in the place of an array; the array's table, named ``<root>_<path>``,
    has the elements as ``id`` (that number), ``index`` and ``<path>.val`` (or, of structs,
    ``<path>.val.<field>``).

    :raises UnsupportedApi: a field is a map
    """
    tables: dict[str, DataFrame] = {}
    leaves = list(_leaves(frame))
    for name, _, kind in leaves:
        if isinstance(kind, MapType):
            raise UnsupportedApi(f"relationalize of the map {name!r}")
    arrays = [name for name, _, kind in leaves if isinstance(kind, ArrayType)]
    flat = frame.select(*(c.alias(n) for n, c, _ in leaves))
    if not arrays:
        return {root: flat}
    # Kept, as numbers given anew would join the tables wrongly if the source came in another order.
    numbered = flat.withColumn("_id", F.monotonically_increasing_id() + F.lit(1)).persist()
    tables[root] = numbered.select(
        *(
            F.when(quoted(n).isNotNull(), F.col("_id")).alias(n) if n in arrays else quoted(n)
            for n in flat.columns
        )
    )
    for name in arrays:
        elements = numbered.select(
            F.col("_id").alias("id"), F.posexplode(quoted(name)).alias("index", f"{name}.val")
        )
        tables.update(relationalize(elements, f"{root}_{name}"))
    return tables


def _leaves(frame: DataFrame) -> Iterator[tuple[str, Column, DataType]]:
    for field in frame.schema.fields:
        yield from _parts(field.name, quoted(field.name), field.dataType)


def _parts(name: str, column: Column, kind: DataType) -> Iterator[tuple[str, Column, DataType]]:
    if isinstance(kind, StructType) and kind.fields:
        for field in kind.fields:
            yield from _parts(f"{name}.{field.name}", column[field.name], field.dataType)
    else:
        yield name, column, kind
