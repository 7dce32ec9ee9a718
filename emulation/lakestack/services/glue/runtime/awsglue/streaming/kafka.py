"""Topics of Kafka as streaming DataFrames, by Spark's own source.

AWS Glue Developer Guide, "Kafka connections": the options. The source's jars are fetched when a job
first names Kafka; its brokers are on this machine, and speak without encryption.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..catalog import CatalogTable
from ..catalog_connection import catalog_connection
from ..errors import CatalogError, UnsupportedApiError
from ..options import Known, is_true
from . import payload

Options = Mapping[str, Any]

_WHAT = "a Kafka source"
_OF_SPARK = {
    name.lower(): name
    for name in ("assign", "subscribePattern", "startingOffsets", "maxOffsetsPerTrigger",
                 "minPartitions", "includeHeaders")
}  # fmt: skip
"""Options that Spark's source has under the same name; it is particular about their case."""
_TOPICS = ("topicname", "assign", "subscribepattern")
SOURCE = Known(
    frozenset(_OF_SPARK)
    | {
        "bootstrap.servers", "connectionname", "topicname", "classification", "delimiter",
        "inferschema", "schema", "startingtimestamp", "addrecordtimestamp", "security.protocol",
    },
    frozenset({
        "typeofdata", "endingoffsets", "polltimeoutms", "numretries", "retryintervalms",
        "emitconsumerlagmetrics",
    }),
    frozenset({"avroschema"}),
)  # fmt: skip


def from_options(spark: SparkSession, options: Options) -> DataFrame:
    """``create_data_frame.from_options("kafka", connection_options=…)``.

    Raises:
        CatalogError: there is no such connection
        UnsupportedApiError: a classification or an option that is not available here
        ValueError: an option is missing, or has no valid value
    """
    given = SOURCE.taken("connection type kafka", options)
    records = _records(spark, given)
    if is_true(given.get("inferschema")) or given.get("schema"):
        return payload.of_options(_named(records), given, _WHAT)
    return records


def from_table(spark: SparkSession, table: CatalogTable, options: Options) -> DataFrame:
    """``create_data_frame.from_catalog`` of a table that stands for a topic.

    Raises:
        as `from_options`
    """
    given = SOURCE.taken("create_data_frame.from_catalog of a Kafka topic", options)
    own = {k: v for k, v in table.parameters.items() if k in SOURCE.applied}
    if table.location and not any(name in own for name in _TOPICS):
        own["topicname"] = table.location
    given = {**own, "classification": table.classification, **given}
    return payload.of_table(_named(_records(spark, given)), given, table, _WHAT)


def told(given: Options, servers: str) -> dict[str, str]:
    """What Spark's source is told.

    Args:
        given: options in lower case
        servers: of the connection; "": there is none

    Raises:
        UnsupportedApiError: an encrypted protocol
        ValueError: there is no broker or topic, or a time is not valid
    """
    protocol = str(given.get("security.protocol") or "PLAINTEXT").upper()
    if protocol != "PLAINTEXT":
        raise UnsupportedApiError(f"security.protocol {protocol} of a Kafka source")
    brokers = str(given.get("bootstrap.servers") or servers)
    if not brokers:
        raise ValueError(
            'a Kafka source needs "bootstrap.servers", or connectionName of a connection with '
            "KAFKA_BOOTSTRAP_SERVERS"
        )
    if not any(given.get(name) for name in _TOPICS):
        raise ValueError("a Kafka source needs topicName, assign or subscribePattern")
    found = {"kafka.bootstrap.servers": brokers}
    if topic := given.get("topicname"):
        found["subscribe"] = str(topic)
    found |= {name: str(given[key]) for key, name in _OF_SPARK.items() if given.get(key)}
    if moment := given.get("startingtimestamp"):
        found["startingTimestamp"] = str(_milliseconds(str(moment)))
    return found


def _records(spark: SparkSession, given: Options) -> DataFrame:
    name = given.get("connectionname")
    options = told(given, _servers(str(name)) if name else "")
    found: DataFrame = spark.readStream.format("kafka").options(**options).load()
    return found


def _named(records: DataFrame) -> DataFrame:
    """The columns that `payload` reads."""
    moment = F.col("timestamp").alias("approximateArrivalTimestamp")
    return records.select(F.col("value").alias("data"), moment)


def _servers(connection: str) -> str:
    """The brokers of a Glue connection.

    Raises:
        CatalogError: there is none, or it is of another type
    """
    found = catalog_connection(connection)
    servers = (found.get("ConnectionProperties") or {}).get("KAFKA_BOOTSTRAP_SERVERS")
    if not servers:
        raise CatalogError(f"connection {connection} has no KAFKA_BOOTSTRAP_SERVERS")
    return str(servers)


def _milliseconds(moment: str) -> int:
    try:
        found = datetime.fromisoformat(moment.upper())
    except ValueError as e:
        raise ValueError(
            f"startingTimestamp {moment!r} is not valid; expected a time such as "
            "2023-04-04T08:00:00-04:00"
        ) from e
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
