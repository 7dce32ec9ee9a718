"""Python functions over records: `DynamicFrame.map` and `filter`.

A record whose function raises becomes an error record, as on AWS; it does not fail the run. A
filter leaves a record out where it raises what a missing or unfit field raises.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from pyspark import RDD
from pyspark.sql import DataFrame, Row, SparkSession

from .value_kinds import choices_of, kinds_of, merged, separated

Function = Callable[[Any], Any]
UNFIT = (KeyError, ValueError, TypeError)


class DynamicRecord(dict[str, Any]):
    """A record as a function sees it: ``record["a"]`` and ``record.a``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as e:
            raise AttributeError(name) from e


def keep(spark: SparkSession, frame: DataFrame, f: Function) -> tuple[DataFrame, DataFrame]:
    """The records for which `f` is true, and the error records."""

    def fits(record: DynamicRecord) -> bool:
        try:
            return bool(f(record))
        except UNFIT:
            return False

    def kept(row: Row) -> Iterator[Row]:
        with suppress(Exception):  # it is among the error records, below
            if fits(_record(row)):
                yield row

    good = spark.createDataFrame(frame.rdd.flatMap(kept), frame.schema)
    return good, _errors(spark, frame.rdd, fits)


def replace(
    spark: SparkSession, frame: DataFrame, f: Function
) -> tuple[DataFrame, DataFrame, frozenset[str]]:
    """What `f` returns for each record, the error records, and the fields that are choices.

    The schema is taken from all results; fields that not every result has are null in others. A
    field whose values have several types is a choice of them.
    """

    def replaced(row: Row) -> Iterator[dict[str, Any]]:
        with suppress(Exception):  # it is among the error records, below
            yield dict(_mapping(f(_record(row))))

    def checked(record: Any) -> Any:
        return _mapping(f(record))

    results: RDD[Any] = frame.rdd.flatMap(replaced)
    errors = _errors(spark, frame.rdd, checked)
    choices = choices_of(results.map(kinds_of).fold({}, merged))
    if choices:
        results = results.map(partial(separated, choices=choices))
    if results.isEmpty():
        return spark.createDataFrame([], frame.schema), errors, choices
    schema = spark.createDataFrame(results.map(_as_row), samplingRatio=1.0).schema
    return spark.createDataFrame(results, schema), errors, choices


def _errors(spark: SparkSession, rows: RDD[Row], f: Function) -> DataFrame:
    def failed(row: Row) -> Iterator[tuple[str]]:
        record = _record(row)
        text = json.dumps(record, default=str)
        try:
            f(record)
        except Exception as error:
            yield (json.dumps({"record": text, "msg": f"{type(error).__name__}: {error}"}),)

    return spark.createDataFrame(rows.flatMap(failed), "error string")


def _record(row: Row) -> DynamicRecord:
    return DynamicRecord(row.asDict(recursive=True))


def _mapping(result: Any) -> Mapping[str, Any]:
    if not isinstance(result, Mapping):
        raise TypeError(f"the function returned {type(result).__name__}, not a record")
    return result


def _as_row(value: Any) -> Any:
    """Dictionaries as Rows, at any depth, so that they are structs and not maps."""
    if isinstance(value, Mapping):
        return Row(**{str(name): _as_row(part) for name, part in value.items()})
    if isinstance(value, list):
        return [_as_row(part) for part in value]
    return value
