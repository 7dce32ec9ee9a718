"""Nested records as flat tables: `unnest` and `relationalize`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

from .columns import quoted
from .errors import UnsupportedApiError
from .exact_names import selected

ELEMENT = "[]"
Path = tuple[str, ...]
Test = Callable[[Column], Column]


def unnest(frame: DataFrame) -> DataFrame:
    """Every field of a struct, at any depth, as a column of its own, named ``struct.field``."""
    return selected(frame, *(c.alias(n) for n, c, _ in _leaves(frame)))


def relationalize(frame: DataFrame, root: str) -> dict[str, DataFrame]:
    """A table of flat records, and one for each array, at any depth.

    A record holds a number in the place of an array; the array's table, named ``<root>_<path>``,
    has the elements as ``id`` (that number), ``index`` and ``<path>.val`` (or, of structs,
    ``<path>.val.<field>``). The path of an array in an array has a ``val`` too: ``a.val.b``.

    Raises:
        UnsupportedApiError: a field is a map
    """
    return dict(_tables(frame, root, root))


def without_nulls(frame: DataFrame, whole: Collection[str]) -> DataFrame:
    """The records without the fields that are null in all of them, in structs and arrays too.

    Args:
        whole: columns that are not looked into
    """
    tests = [
        (path, test(quoted(field.name)))
        for field in frame.schema.fields
        for path, test in _tests((field.name,), field.dataType, field.name not in whole)
    ]
    if not tests:
        return frame
    found = frame.agg(*(F.max(test) for _, test in tests)).collect()[0]
    seen = {path for (path, _), is_set in zip(tests, found, strict=True) if is_set}
    kept = (
        _kept((field.name,), quoted(field.name), field.dataType, seen).alias(field.name)
        for field in frame.schema.fields
        if (field.name,) in seen
    )
    return selected(frame, *kept)


def _tests(path: Path, kind: DataType, inside: bool) -> Iterator[tuple[Path, Test]]:
    """Whether a value, and each field in it, is set somewhere."""
    yield path, Column.isNotNull
    if not inside:
        return
    if isinstance(kind, StructType):
        for field in kind.fields:
            for inner, test in _tests((*path, field.name), field.dataType, inside):
                yield inner, partial(_of_field, field.name, test)
    elif isinstance(kind, ArrayType):
        for inner, test in _tests((*path, ELEMENT), kind.elementType, inside):
            yield inner, partial(_of_elements, test)


def _of_field(name: str, test: Test, column: Column) -> Column:
    return test(column[name])


def _of_elements(test: Test, column: Column) -> Column:
    return F.exists(column, test)


def _kept(path: Path, column: Column, kind: DataType, seen: Collection[Path]) -> Column:
    """A value without the fields that are never set; one with none set stays as it is."""
    if not any(other[: len(path)] == path and other != path for other in seen):
        return column
    if isinstance(kind, StructType):
        fields = (
            _kept((*path, field.name), column[field.name], field.dataType, seen).alias(field.name)
            for field in kind.fields
            if (*path, field.name) in seen
        )
        return F.when(column.isNotNull(), F.struct(*fields))
    if isinstance(kind, ArrayType):
        return F.transform(
            column, lambda element: _kept((*path, ELEMENT), element, kind.elementType, seen)
        )
    return column


def _tables(frame: DataFrame, root: str, table: str) -> Iterator[tuple[str, DataFrame]]:
    leaves = list(_leaves(frame))
    for name, _, kind in leaves:
        if isinstance(kind, MapType):
            raise UnsupportedApiError(f"relationalize of the map {name!r}")
    arrays = [name for name, _, kind in leaves if isinstance(kind, ArrayType)]
    flat = selected(frame, *(c.alias(n) for n, c, _ in leaves))
    if not arrays:
        yield table, flat
        return
    # Kept: numbers given again would join the tables wrongly if the source came in another order.
    numbered = flat.withColumn("_id", F.monotonically_increasing_id() + F.lit(1)).persist()
    linked = (
        F.when(quoted(n).isNotNull(), F.col("_id")).alias(n) if n in arrays else quoted(n)
        for n in flat.columns
    )
    yield table, selected(numbered, *linked)
    for name in arrays:
        elements = numbered.select(
            F.col("_id").alias("id"), F.posexplode(quoted(name)).alias("index", f"{name}.val")
        )
        yield from _tables(elements, root, f"{root}_{name}")


def _leaves(frame: DataFrame) -> Iterator[tuple[str, Column, DataType]]:
    for field in frame.schema.fields:
        yield from _parts(field.name, quoted(field.name), field.dataType)


def _parts(name: str, column: Column, kind: DataType) -> Iterator[tuple[str, Column, DataType]]:
    if isinstance(kind, StructType) and kind.fields:
        for field in kind.fields:
            yield from _parts(f"{name}.{field.name}", column[field.name], field.dataType)
    else:
        yield name, column, kind
