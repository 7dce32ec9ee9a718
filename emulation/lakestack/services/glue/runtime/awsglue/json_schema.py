"""The schema of JSON records without a catalog: from all of them, with choices.

Spark's own inference makes one type of two (a number and a text become text), and sorts the fields
by name. Here a top-level field with values of several types is a choice, and fields come in the
order in which the records name them, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, DataType, StructField, StructType

from .json_lines import records
from .json_path import JsonPath
from .json_records import as_text
from .value_kinds import Kinds, choices_of, kind_of, merged, separated

Found = tuple[DataFrame, dict[str, str], DataFrame, frozenset[str]]
Order = dict[str, Any]
"""Names of fields in their order; the value is the order within the field."""


def with_choices(
    spark: SparkSession,
    text: DataFrame,
    *,
    whole: bool = False,
    path: JsonPath | None = None,
    file_column: str | None = None,
    keep: Callable[[DataFrame], object] | None = None,
) -> Found:
    """Records of JSON text.

    Args:
        text: first column: lines or whole files; then, for both or neither, the file and how much
            of it lies behind what a task reads (`json_source.text_of`)
        whole: the texts are whole files
        path: which parts of what is read are the records
        file_column: name of a column that shall hold the file of each record
        keep: is given what is persisted, for the end of its use

    Returns:
        the records, no types to put on, what is no record, and the fields that are choices
    """
    schema = "value string, error string, kinds string, file string"
    to_lines = to_records(whole=whole, path=path, file_column=file_column)
    lines = text.mapInArrow(to_lines, schema).persist()
    if keep is not None:
        keep(lines)
    said = [orjson.loads(row[0]) for row in lines.select("kinds").dropna().collect()]
    of_field: Kinds = reduce(merged, (each["kinds"] for each in said), {})
    order: Order = reduce(_both, (each["order"] for each in said), {})
    choices = choices_of(of_field)
    good = lines.where("value is not null")
    errors = lines.where("error is not null").select("error", "file")
    if choices:
        good = good.select("value").mapInArrow(to_separated(choices), "value string")
    values = good.select("value").rdd.map(lambda row: row[0])
    inferred = ordered(spark.read.json(values).schema, order)
    return spark.read.schema(inferred).json(values), {}, errors, choices


def to_records(
    *, whole: bool = False, path: JsonPath | None = None, file_column: str | None = None
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """Function for ``mapInArrow``: each record as JSON text, or what is none.

    The last row of a batch holds the types and the order of the fields, instead of a record: the
    third column.
    """

    def make(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        rows: list[tuple[str | None, str | None, str | None, str | None]] = []
        kinds: Kinds = {}
        order: Order = {}
        for found in records(batches, whole=whole):
            if found is None:
                if not rows:
                    continue
                said = {"kinds": {n: sorted(k) for n, k in kinds.items()}, "order": order}
                rows.append((None, None, json.dumps(said), None))
                yield pa.RecordBatch.from_arrays(
                    [pa.array(column, pa.string()) for column in zip(*rows, strict=True)],
                    ["value", "error", "kinds", "file"],
                )
                rows, kinds = [], {}
                continue
            record, source, file = found
            if record is None:
                rows.append((None, source, None, file))
                continue
            parts = [(record, source)] if path is None else path.records(record)
            for each, text in parts:
                if each is None:
                    rows.append((None, text, None, file))
                    continue
                if file_column:
                    each[file_column] = file
                    text = json.dumps(each)  # noqa: PLW2901
                rows.append((text, None, None, None))
                _note(each, order)
                for name, value in each.items():
                    if value is not None:
                        kinds.setdefault(as_text(name) or "", set()).add(kind_of(value))

    return make


def _note(record: Mapping[str, Any], order: Order) -> None:
    """Add the names of a record to the order of those before it."""
    for name, value in record.items():
        inner = order.get(name)
        if inner is None:
            inner = order[as_text(name) or ""] = {}
        if isinstance(value, dict):
            _note(value, inner)
        elif isinstance(value, list):
            for element in value:
                while isinstance(element, list) and element:
                    element = element[0]  # noqa: PLW2901
                if isinstance(element, dict):
                    _note(element, inner)


def _both(one: Order, other: Order) -> Order:
    for name, inner in other.items():
        one[name] = _both(one[name], inner) if name in one else inner
    return one


def ordered(kind: Any, order: Order) -> Any:
    """A Spark type with the fields of its structs in an order; unknown ones come last."""
    if isinstance(kind, StructType):
        place = {name: i for i, name in enumerate(order)}
        fields = sorted(kind.fields, key=lambda field: place.get(field.name, len(place)))
        return StructType(
            [StructField(f.name, _inner(f.dataType, order.get(f.name, {}))) for f in fields]
        )
    if isinstance(kind, ArrayType):
        return ArrayType(ordered(kind.elementType, order), kind.containsNull)
    return kind


def _inner(kind: DataType, order: Order) -> Any:
    if isinstance(kind, StructType) and kind.names and not set(kind.names) & order.keys():
        # The struct of a choice: its fields are types, one of which may be a struct.
        return StructType([StructField(f.name, ordered(f.dataType, order)) for f in kind.fields])
    return ordered(kind, order)


def to_separated(
    choices: frozenset[str],
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """Function for ``mapInArrow``: a choice's value 5 becomes ``{"long": 5}``."""

    def separate(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in batches:
            lines = [  # Python's own reader takes whole numbers of any size
                json.dumps(separated(json.loads(text), choices))
                for text in batch.column(0).to_pylist()
            ]
            yield pa.RecordBatch.from_arrays([pa.array(lines, pa.string())], ["value"])

    return separate
