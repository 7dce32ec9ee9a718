"""The schema of JSON records without a catalog: from all of them, with choices.

Spark's own inference makes one type of two (a number and a text become text). Here a top-level
field with values of several types is a choice, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from .json_records import objects

_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "long",
    float: "double",
    str: "string",
    dict: "struct",
    list: "array",
}
Found = tuple[DataFrame, dict[str, str], DataFrame, frozenset[str]]


def with_choices(spark: SparkSession, text: DataFrame) -> Found:
    """Records of JSON text.

    :param text: first column: lines or whole files
    :return: the records, no types to put on, what is no record, and the fields that are choices
    """
    lines = text.mapInArrow(to_records, "value string, error string, kinds string").persist()
    kinds = lines.select("kinds").where("kinds is not null").distinct().collect()
    of_field: dict[str, set[str]] = reduce(_merged, (orjson.loads(row[0]) for row in kinds), {})
    choices = frozenset(name for name, found in of_field.items() if len(found) > 1)
    good = lines.where("value is not null")
    errors = lines.where("error is not null").select("error")
    if choices:
        good = good.select("value").mapInArrow(separated(choices), "value string")
    records = spark.read.json(good.select("value").rdd.map(lambda row: row[0]))
    return records, {}, errors, choices


def _merged(found: dict[str, set[str]], kinds: Mapping[str, list[str]]) -> dict[str, set[str]]:
    for name, each in kinds.items():
        found.setdefault(name, set()).update(each)
    return found


def to_records(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    """Function for ``mapInArrow``: each record as JSON text, or what is none.

    The last row of a batch holds the types of the fields, instead of a record: the third column.
    """
    for batch in batches:
        values: list[str | None] = []
        errors: list[str | None] = []
        kinds: dict[str, set[str]] = {}
        for text in batch.column(0).to_pylist():
            for record, source in objects(text or ""):
                values.append(source if record is not None else None)
                errors.append(source if record is None else None)
                for name, value in (record or {}).items():
                    if value is not None:
                        kinds.setdefault(name, set()).add(_TYPES[type(value)])
        said = orjson.dumps({name: sorted(found) for name, found in kinds.items()}).decode()
        columns = [[*values, None], [*errors, None], [*[None] * len(values), said]]
        yield pa.RecordBatch.from_arrays(
            [pa.array(column, pa.string()) for column in columns], ["value", "error", "kinds"]
        )


def separated(
    choices: Iterable[str],
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """Function for ``mapInArrow``: a choice's value 5 becomes ``{"long": 5}``."""
    names = list(choices)

    def separate(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in batches:
            lines: list[str] = []
            for text in batch.column(0).to_pylist():
                record: dict[str, Any] = json.loads(text)  # whole numbers of any size
                for name in names:
                    if record.get(name) is not None:
                        record[name] = {_TYPES[type(record[name])]: record[name]}
                lines.append(json.dumps(record))
            yield pa.RecordBatch.from_arrays([pa.array(lines, pa.string())], ["value"])

    return separate
