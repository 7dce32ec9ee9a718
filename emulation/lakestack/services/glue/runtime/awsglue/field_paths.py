"""Fields at full paths: renamed, and moved from one struct into another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import DataType, StructType

from .columns import quoted
from .exact_names import selected

Path = tuple[str, ...]
Tree = dict[str, Any]
"""Columns by name; a struct that is taken apart is a tree of its own."""
_WHOLE = ""
"""In a tree: the struct that it was, which is null or not. No field of Spark is called so."""


def renamed(frame: DataFrame, old: str, new: str) -> DataFrame:
    """A field under another path: in the same struct at its place, elsewhere the last.

    Args:
        old: path of the field, with back-ticks around a name with dots; where it leads to no
            field, nothing changes
        new: its path from now on
    """
    source, target = steps(old), steps(new)
    tree = _fields(frame.schema, quoted, [source[:-1], target[:-1]])
    branch = tree
    for step in source[:-1]:
        inner = branch.get(step)
        if not isinstance(inner, dict):
            return frame
        branch = inner
    if source[-1] not in branch:
        return frame
    if source[:-1] == target[:-1]:
        kept = [(n, c) for n, c in branch.items() if n != target[-1] or n == source[-1]]
        branch.clear()
        branch.update((target[-1] if n == source[-1] else n, c) for n, c in kept)
    else:
        value = branch.pop(source[-1])
        _put(tree, target, value)
    columns = (_built(name, each) for name, each in tree.items())
    return selected(frame, *(column for column in columns if column is not None))


def steps(path: str) -> Path:
    """``a.b`` as its names; what stands in back-ticks is one."""
    found, rest = [], path
    while rest:
        if rest.startswith("`"):
            name, _, rest = rest[1:].partition("`")
            rest = rest.removeprefix(".")
        else:
            name, _, rest = rest.partition(".")
        found.append(name)
    return tuple(found)


def _fields(kind: StructType, column_of: Callable[[str], Column], parents: Sequence[Path]) -> Tree:
    return {
        field.name: _part(
            column_of(field.name),
            field.dataType,
            [path[1:] for path in parents if path and path[0] == field.name],
        )
        for field in kind.fields
    }


def _part(column: Column, kind: DataType, parents: Sequence[Path]) -> Any:
    """A value, or the tree of a struct in which something changes."""
    if not parents or not isinstance(kind, StructType):
        return column
    return {_WHOLE: column, **_fields(kind, lambda name: column[name], parents)}


def _put(tree: Tree, path: Path, value: Any) -> None:
    for step in path[:-1]:
        inner = tree.get(step)
        if not isinstance(inner, dict):  # a value in the way is replaced, as a mapping does it
            inner = tree[step] = {}
        inner.pop(_WHOLE, None)  # it holds a field from elsewhere now, whether it was null or not
        tree = inner
    tree[path[-1]] = value


def _built(name: str, value: Any) -> Column | None:
    """A column; None of a struct that has no field left."""
    if not isinstance(value, dict):
        column: Column = value.alias(name)
        return column
    whole = value.get(_WHOLE)
    inner = (_built(n, v) for n, v in value.items() if n != _WHOLE)
    fields = [column for column in inner if column is not None]
    if not fields:
        return None
    made = F.struct(*fields)
    return (made if whole is None else F.when(whole.isNotNull(), made)).alias(name)
