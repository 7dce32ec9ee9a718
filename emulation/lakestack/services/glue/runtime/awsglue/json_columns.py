"""JSON records as text columns, those that a table of the catalog declares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import pyarrow as pa

from .errors import SourceError
from .json_lines import records
from .json_records import as_text
from .type_names import renamer

Batches = Iterable[pa.RecordBatch]
ERROR, FILE = "__error", "__file"
"""Names beside those of a table, which may well have an ``error`` or a ``file``."""
OVER_LINES = "\n"
"""In the place of a field's name: see `to_keys`."""


def to_columns(
    names: Sequence[str], types: Mapping[str, str], *, whole: bool = False
) -> Callable[[Batches], Batches]:
    """Function for ``mapInArrow`` over batches of ``(text, file, rest)`` or ``(text,)``.

    It yields the named fields as text (matched without regard to case, as Hive's JSON SerDes do,
    also in structs), a column `ERROR` with the text of what is no record, and `FILE`.

    Args:
        types: Hive types of the names; others are taken as they come
        whole: a text is a whole file, otherwise a line of one
    """

    def parse(batches: Batches) -> Batches:
        position = {name.lower(): i for i, name in enumerate(names)}
        renamers = [renamer(types.get(name, "")) for name in names]
        known: dict[str, int | None] = {}
        columns: list[list[str | None]] = [[] for _ in range(len(names) + 2)]
        for found in records(batches, whole=whole):
            if found is None:  # the end of a batch
                if not columns[-1]:
                    continue
                yield pa.RecordBatch.from_arrays(
                    [pa.array(column, pa.string()) for column in columns],
                    names=[*names, ERROR, FILE],
                )
                columns = [[] for _ in columns]
                continue
            record, source, file = found
            values: list[str | None] = [None] * len(names)
            for key, value in (record or {}).items():
                if key not in known:
                    known[key] = position.get(key.lower())
                index = known[key]
                if index is not None:
                    rename = renamers[index]
                    values[index] = as_text(rename(value) if rename else value)
            values += [source if record is None else None, file]
            for column, value in zip(columns, values, strict=True):
                column.append(value)

    return parse


def to_keys(wanted: Collection[str], *, whole: bool = False) -> Callable[[Batches], Batches]:
    """Function for ``mapInArrow``: the names of the records' fields, in lower case, each once.

    "" says that there is a record; `OVER_LINES` that one cannot be read, as it goes on in a part of
    its file that another task reads.

    Args:
        wanted: the names that matter
    """

    def keys(batches: Batches) -> Batches:
        seen: set[str] = set()
        new: set[str] = set()

        def fresh() -> Batches:
            if new:
                yield pa.RecordBatch.from_arrays([pa.array(sorted(new), pa.string())], ["key"])

        try:
            for found in records(batches, whole=whole):
                if found is None:
                    yield from fresh()
                    seen |= new
                    new.clear()
                elif found[0] is not None:
                    new.update({"", *(key.lower() for key in found[0])} & interesting - seen)
        except SourceError:
            new.add(OVER_LINES)
            yield from fresh()

    interesting = {"", *wanted}
    return keys
