"""Kinesis data streams as streaming DataFrames: the options, and the records' format.

AWS Glue Developer Guide, "Kinesis connections" and "Adding Streaming ETL Jobs in AWS Glue".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from ..catalog import CatalogTable
from ..errors import SourceError
from ..options import Known, is_true
from . import payload
from .ledger import Position
from .shards import SPARK_SCHEMA, Stream, reader

Options = Mapping[str, Any]


def _names(*names: str) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


_WHAT = "a Kinesis source"
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
    return payload.of_options(records, given, _WHAT)


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
    return payload.of_table(records, given, table, _WHAT)


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
