"""What is in the records of a stream: text of JSON or CSV, with a schema or one to be found.

AWS Glue Developer Guide, "Adding Streaming ETL Jobs in AWS Glue": the same of Kinesis and Kafka.
Records have the columns ``data`` (bytes) and ``approximateArrivalTimestamp`` among others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..catalog import CatalogTable
from ..errors import UnsupportedApiError
from ..json_records import as_text
from ..options import is_true
from ..type_names import renamer, spark_type

Options = Mapping[str, Any]

INFERRED = "$json$data_infer_schema$_temporary$"
"""The column that holds the text of JSON records whose schema is to be found; scripts name it."""

TIMESTAMP = "__src_timestamp"


def of_options(records: DataFrame, given: Options, what: str) -> DataFrame:
    """The records of ``from_options``: as they are where neither inferSchema nor schema is given.

    Args:
        given: options in lower case
        what: of which source, for messages

    Raises:
        UnsupportedApiError: another classification than json and csv
        ValueError: there is no classification
    """
    if is_true(given.get("inferschema")):
        return _inferring(records, given, what)
    if given.get("schema"):
        return _parsed(records, given, str(given["schema"]), what)
    return records


def of_table(records: DataFrame, given: Options, table: CatalogTable, what: str) -> DataFrame:
    """The records of a table that stands for a stream, with the table's columns.

    Raises:
        as `of_options`
    """
    if is_true(given.get("inferschema")) or not table.columns:
        return _inferring(records, given, what)
    if _classification(given, what) == "json":
        fields = ",".join(f"{name}:{kind}" for name, kind in table.columns)
        renamed = _renamed(f"struct<{fields}>")
        records = records.mapInArrow(renamed, records.schema)
    schema = ", ".join(f"`{name}` {spark_type(kind)}" for name, kind in table.columns)
    return _parsed(records, given, schema, what)


def _inferring(records: DataFrame, given: Options, what: str) -> DataFrame:
    kind = _classification(given, what)
    if kind != "json":
        raise UnsupportedApiError(f"inferSchema of {what} with classification {kind!r}")
    return records.select(F.col("data").cast("string").alias(INFERRED), *_timestamp(given))


def _parsed(records: DataFrame, given: Options, schema: str, what: str) -> DataFrame:
    text = F.col("data").cast("string")
    kind = _classification(given, what)
    if kind == "json":
        parsed = F.from_json(text, schema)
    elif kind == "csv":
        parsed = F.from_csv(text, schema, {"sep": str(given.get("delimiter") or ",")})
    else:
        raise UnsupportedApiError(f"classification {kind!r} of {what}")
    fields = records.select(parsed.alias("record"), *_timestamp(given))
    return fields.select("record.*", *([TIMESTAMP] if len(fields.columns) > 1 else []))


def _timestamp(given: Options) -> list[Any]:
    if not is_true(given.get("addrecordtimestamp")):
        return []
    return [F.col("approximateArrivalTimestamp").alias(TIMESTAMP)]


def _classification(given: Options, what: str) -> str:
    kind = str(given.get("classification") or "").lower()
    if not kind:
        raise ValueError(f'{what} needs a classification, such as "json"')
    return kind


def _renamed(declared: str) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """Function for ``mapInArrow``: names in the records become those that the table declares.

    A catalog's names are in lower case, and its SerDes take a record's names in any.
    """

    def rename(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        named = renamer(declared)
        for batch in batches:
            data = [_renamed_record(each, named) for each in batch.column(0).to_pylist()]
            columns = [pa.array(data, pa.binary()), *batch.columns[1:]]
            yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    return rename


def _renamed_record(data: bytes, named: Callable[[Any], Any] | None) -> bytes:
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data
    return (as_text(named(record) if named else record) or "").encode()
