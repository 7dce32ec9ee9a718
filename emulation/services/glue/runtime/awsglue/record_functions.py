"""Python functions over records: `DynamicFrame.map` and `filter`.

A record whose function raises becomes an error record, as on AWS; it does not fail the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pyspark import RDD
from pyspark.sql import DataFrame, Row, SparkSession

Function = Callable[[Any], Any]


class DynamicRecord(dict[str, Any]):
    """A record as a function sees it: ``record["a"]`` and ``record.a``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as e:
            raise AttributeError(name) from e


def keep(spark: SparkSession, frame: DataFrame, f: Function) -> tuple[DataFrame, DataFrame]:
    """The records for which `f` is true, and the error records."""

    def kept(row: Row) -> Iterator[Row]:
        with suppress(Exception):  # it is among the error records, below
            if f(_record(row)):
                yield row

    good = spark.createDataFrame(frame.rdd.flatMap(kept), frame.schema)
    return good, _errors(spark, frame.rdd, f)


def replace(spark: SparkSession, frame: DataFrame, f: Function) -> tuple[DataFrame, DataFrame]:
    """What `f` returns for each record, and the error records.

    The schema is taken from all results; fields that not every result has are null in others.
    """

    def replaced(row: Row) -> Iterator[dict[str, Any]]:
        with suppress(Exception):  # it is among the error records, below
            yield dict(_mapping(f(_record(row))))

    def checked(record: Any) -> Any:
        return _mapping(f(record))

    results: RDD[Any] = frame.rdd.flatMap(replaced)
    errors = _errors(spark, frame.rdd, checked)
    if results.isEmpty():
        return spark.createDataFrame([], frame.schema), errors
    schema = spark.createDataFrame(results.map(_as_row), samplingRatio=1.0).schema
    return spark.createDataFrame(results, schema), errors


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
