"""Kinesis data streams as streaming DataFrames: the options, and the records' format.

AWS Glue Developer Guide, "Kinesis connections" and "Adding Streaming ETL Jobs in AWS Glue".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..catalog import CatalogTable
from ..errors import SourceError, UnsupportedApiError
from ..json_records import as_text
from ..options import Known, is_true
from ..type_names import renamer, spark_type
from .ledger import Position
from .shards import SPARK_SCHEMA, Stream, reader

Options = Mapping[str, Any]

INFERRED = "$json$data_infer_schema$_temporary$"
"""The column that holds the text of JSON records whose schema is to be found; scripts name it."""

TIMESTAMP = "__src_timestamp"


def _names(*names: str) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


KINESIS_SOURCE = Known(
    _names(
        "streamARN", "streamName", "classification", "delimiter", "startingPosition",
        "inferSchema", "schema", "maxFetchTimeInMs", "maxFetchRecordsPerShard", "maxRecordPerRead",
        "addIdleTimeBetweenReads", "idleTimeBetweenReadsInMs", "addRecordTimestamp",
    ),
    _names(
        "typeOfData", "endpointUrl", "describeShardInterval", "numRetries", "retryIntervalMs",
        "maxRetryIntervalMs", "avoidEmptyBatches", "emitConsumerLagMetrics", "fanoutConsumerARN",
        "awsSTSRoleARN", "awsSTSSessionName", "awsSTSEndpoint",
    ),
    _names("avroSchema"),
)  # fmt: skip


def from_options(spark: SparkSession, options: Options) -> DataFrame:
    """``create_data_frame.from_options("kinesis", connection_options=…)``.

    Raises:
        UnsupportedApiError: a classification or an option that is not available here
        SourceError: there is no such stream
        ValueError: an option is missing, or has no valid value
    """
    given = KINESIS_SOURCE.taken("connection type kinesis", options)
    records = raw(spark, given)
    if is_true(given.get("inferschema")):
        return _inferring(records, given)
    if given.get("schema"):
        return _parsed(records, given, str(given["schema"]))
    return records


def from_table(spark: SparkSession, table: CatalogTable, options: Options) -> DataFrame:
    """``create_data_frame.from_catalog`` of a table that stands for a stream.

    Raises:
        UnsupportedApiError: a classification or an option that is not available here
        SourceError: there is no such stream
        ValueError: an option has no valid value
    """
    given = KINESIS_SOURCE.taken("create_data_frame.from_catalog of a Kinesis stream", options)
    own = {k: v for k, v in table.parameters.items() if k in KINESIS_SOURCE.applied}
    if table.location and not (own.keys() & {"streamarn", "streamname"}):
        own["streamname"] = table.location
    given = {**own, "classification": table.classification, **given}
    records = raw(spark, given)
    if is_true(given.get("inferschema")) or not table.columns:
        return _inferring(records, given)
    if given["classification"] == "json":
        fields = ",".join(f"{name}:{kind}" for name, kind in table.columns)
        records = records.mapInArrow(_renamed(f"struct<{fields}>"), SPARK_SCHEMA)
    schema = ", ".join(f"`{name}` {spark_type(kind)}" for name, kind in table.columns)
    return _parsed(records, given, schema)


def raw(spark: SparkSession, given: Options) -> DataFrame:
    """The records of a stream as they are: data, streamName, partitionKey and so on.

    Args:
        given: options in lower case
    """
    stream = described(given)
    parts = max(1, min(_shard_count(stream), spark.sparkContext.defaultParallelism))
    counted = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 1)
    numbers = counted.option("numPartitions", 1).load().selectExpr("value", "0 part")
    if parts > 1:
        of_batch = f"explode(sequence(0, {parts - 1})) part"
        numbers = numbers.selectExpr("value", of_batch).repartition(parts)
    return numbers.mapInArrow(reader(stream, parts), SPARK_SCHEMA)


def described(given: Options) -> Stream:
    """The stream that options name, and how they say it is read.

    Raises:
        ValueError: none is named, or a value is not valid
    """
    arn = str(given.get("streamarn") or "")
    if arn and not (arn.startswith("arn:") and ":stream/" in arn):
        raise ValueError(f"streamARN {arn!r} is not valid; expected arn:aws:kinesis:…:stream/name")
    name = arn.rpartition("/")[2] if arn else str(given.get("streamname") or "")
    if name.count(":") == 2:  # account-id:StreamName:streamCreationTimestamp
        name = name.split(":")[1]
    if not name:
        raise ValueError("a Kinesis source needs streamARN")
    idle = 0.0
    if is_true(given.get("addidletimebetweenreads")):
        idle = _number(given, "idleTimeBetweenReadsInMs", 1000) / 1000
    return Stream(
        name,
        arn or None,
        arn.split(":")[3] if arn else os.environ.get("AWS_REGION"),
        begin(str(given.get("startingposition") or "latest")),
        seconds=_number(given, "maxFetchTimeInMs", 1000) / 1000,
        records=_number(given, "maxFetchRecordsPerShard", 100_000),
        records_per_read=min(_number(given, "maxRecordPerRead", 10_000), 10_000),
        idle_seconds=idle,
    )


def begin(position: str) -> Position | None:
    """Where a query without a checkpoint begins: startingPosition.

    Returns:
        None for "latest": that time is known when the query runs

    Raises:
        ValueError: it is neither a word that is known nor a time with its offset
    """
    word = position.strip()
    if word.lower() == "latest":
        return None
    if word.lower() in ("earliest", "trim_horizon"):
        return Position()
    try:
        moment = datetime.fromisoformat(word.upper())
    except ValueError as e:
        raise ValueError(
            f"startingPosition {position!r} is not valid; valid: latest, trim_horizon, earliest, "
            "or a time such as 2023-04-04T08:00:00-04:00"
        ) from e
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Position(at=moment.timestamp())


def _inferring(records: DataFrame, given: Options) -> DataFrame:
    kind = _classification(given)
    if kind != "json":
        raise UnsupportedApiError(f"inferSchema of a Kinesis source with classification {kind!r}")
    return records.select(F.col("data").cast("string").alias(INFERRED), *_timestamp(given))


def _parsed(records: DataFrame, given: Options, schema: str) -> DataFrame:
    text = F.col("data").cast("string")
    kind = _classification(given)
    if kind == "json":
        parsed = F.from_json(text, schema)
    elif kind == "csv":
        parsed = F.from_csv(text, schema, {"sep": str(given.get("delimiter") or ",")})
    else:
        raise UnsupportedApiError(f"classification {kind!r} of a Kinesis source")
    fields = records.select(parsed.alias("record"), *_timestamp(given))
    return fields.select("record.*", *([TIMESTAMP] if len(fields.columns) > 1 else []))


def _timestamp(given: Options) -> list[Any]:
    if not is_true(given.get("addrecordtimestamp")):
        return []
    return [F.col("approximateArrivalTimestamp").alias(TIMESTAMP)]


def _classification(given: Options) -> str:
    kind = str(given.get("classification") or "").lower()
    if not kind:
        raise ValueError('a Kinesis source needs a classification, such as "json"')
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


def _shard_count(stream: Stream) -> int:
    """How many shards a stream has now.

    Raises:
        SourceError: there is no such stream
    """
    import boto3

    kinesis = boto3.client("kinesis", region_name=stream.region)
    try:
        found = kinesis.describe_stream_summary(**stream.which())
    except kinesis.exceptions.ResourceNotFoundException as e:
        raise SourceError(f"there is no Kinesis stream {stream.arn or stream.name}") from e
    return int(found["StreamDescriptionSummary"]["OpenShardCount"])


def _number(given: Options, name: str, default: int) -> int:
    value = given.get(name.lower())
    if value is None or value == "":
        return default
    if not str(value).isdecimal():
        raise ValueError(f"{name} {value!r} is not valid; expected a whole number")
    return int(value)
