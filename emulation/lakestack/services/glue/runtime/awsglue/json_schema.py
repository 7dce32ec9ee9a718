"""The schema of JSON records without a catalog: from all of them, with choices.

Spark's own inference makes one type of two (a number and a text become text). Here a top-level
field with values of several types is a choice, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import reduce

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from .json_records import as_text, objects, texts
from .value_kinds import Kinds, choices_of, kind_of, merged, separated

Found = tuple[DataFrame, dict[str, str], DataFrame, frozenset[str]]


def with_choices(spark: SparkSession, text: DataFrame) -> Found:
    """Records of JSON text.

    Args:
        text: first column: lines or whole files; second, if there is one: the file

    Returns:
        the records, no types to put on, what is no record, and the fields that are choices
    """
    schema = "value string, error string, kinds string, file string"
    lines = text.mapInArrow(to_records, schema).persist()
    kinds = lines.select("kinds").where("kinds is not null").distinct().collect()
    of_field: Kinds = reduce(merged, (orjson.loads(row[0]) for row in kinds), {})
    choices = choices_of(of_field)
    good = lines.where("value is not null")
    errors = lines.where("error is not null").select("error", "file")
    if choices:
        good = good.select("value").mapInArrow(to_separated(choices), "value string")
    records = spark.read.json(good.select("value").rdd.map(lambda row: row[0]))
    return records, {}, errors, choices


def to_records(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    """Function for ``mapInArrow``: each record as JSON text, or what is none.

    The last row of a batch holds the types of the fields, instead of a record: the third column.
    """
    for batch in batches:
        values: list[str | None] = []
        errors: list[str | None] = []
        kinds: Kinds = {}
        files: list[str | None] = []
        of_row = batch.column(1).to_pylist() if batch.num_columns > 1 else [None] * len(batch)
        for text, file in zip(texts(batch.column(0)), of_row, strict=True):
            for record, source in objects(text):
                files.append(file if record is None else None)
                values.append(source if record is not None else None)
                errors.append(source if record is None else None)
                for name, value in (record or {}).items():
                    if value is not None:
                        kinds.setdefault(as_text(name) or "", set()).add(kind_of(value))
        said = orjson.dumps({name: sorted(found) for name, found in kinds.items()}).decode()
        columns = [
            *([*values, None], [*errors, None], [*[None] * len(values), said], [*files, None]),
        ]
        yield pa.RecordBatch.from_arrays(
            [pa.array(column, pa.string()) for column in columns],
            ["value", "error", "kinds", "file"],
        )


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
