"""Connection types and data formats, for reading and for writing.

AWS Glue Developer Guide: "Connection types and options for ETL in AWS Glue for Spark", "Data format
options for inputs and outputs in AWS Glue for Spark". Their options are in `awsglue.options`.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import APPLIED, Effect, Entry, refused

_JDBC = Entry(Effect.APPLIED, "a database on this machine")
_CONNECTOR = Entry(Effect.APPLIED, "with the jar that the job brings")
_MONGODB = Entry(
    Effect.APPLIED, "a MongoDB on this machine; the connector is fetched when a job first names it"
)
_ATHENA = refused("connection type custom.jdbc with the database's own driver")
_NO_CONNECTOR = refused("spark.read.format(…) with the connector's jar (--extra-jars)")
_SAAS = refused("files in S3 with what the service holds")
_TABLE_FORMAT = Entry(Effect.APPLIED, "one path, with --datalake-formats")

SOURCES: Mapping[str, Entry] = {
    "azurecosmos": _CONNECTOR,
    "azuresql": _CONNECTOR,
    "bigquery": _CONNECTOR,
    "custom.athena": _ATHENA,
    "custom.jdbc": _CONNECTOR,
    "custom.spark": _CONNECTOR,
    "documentdb": _MONGODB,
    "dynamodb": APPLIED,
    "file": APPLIED,
    "jdbc": Entry(Effect.APPLIED, "a database on this machine, of the kind that its URL says"),
    "kafka": Entry(Effect.APPLIED, "as a stream, in gluestreaming jobs: a Kafka on this machine"),
    "kinesis": Entry(Effect.APPLIED, "as a stream, in gluestreaming jobs"),
    "marketplace.athena": _ATHENA,
    "marketplace.jdbc": _CONNECTOR,
    "marketplace.spark": _CONNECTOR,
    "mongodb": _MONGODB,
    "mysql": _JDBC,
    "opensearch": _CONNECTOR,
    "oracle": _JDBC,
    "parquet": refused("connection type s3 with format parquet"),
    "orc": refused("connection type s3 with format orc"),
    "postgresql": _JDBC,
    "redshift": Entry(Effect.APPLIED, "a PostgreSQL on this machine; without UNLOAD and COPY"),
    "s3": APPLIED,
    "salesforce": _SAAS,
    "saphana": _NO_CONNECTOR,
    "sapodata": _SAAS,
    "snowflake": _CONNECTOR,
    "sqlserver": _JDBC,
    "teradata": _CONNECTOR,
    "vertica": _CONNECTOR,
}
SINKS: Mapping[str, Entry] = {
    **SOURCES,
    "kafka": refused('DataFrame.write.format("kafka")'),
    "kinesis": refused("boto3's put_records"),
}

READ_FORMATS: Mapping[str, Entry] = {
    "avro": APPLIED,
    "csv": APPLIED,
    "delta": _TABLE_FORMAT,
    "grokLog": APPLIED,
    "hudi": _TABLE_FORMAT,
    "iceberg": refused("spark.table of the catalog with --datalake-formats"),
    "ion": refused("format json"),
    "json": APPLIED,
    "orc": APPLIED,
    "parquet": APPLIED,
    "xml": APPLIED,
}
WRITE_FORMATS: Mapping[str, Entry] = {
    "avro": APPLIED,
    "csv": APPLIED,
    "delta": _TABLE_FORMAT,
    "glueparquet": APPLIED,
    "hudi": _TABLE_FORMAT,
    "iceberg": refused("DataFrame.writeTo with --datalake-formats"),
    "ion": refused("format json", "AWS does not write it either"),
    "json": APPLIED,
    "orc": APPLIED,
    "parquet": APPLIED,
    "xml": refused("format json", "AWS does not write it either"),
}


def instead(table: Mapping[str, Entry], name: str) -> str:
    """What to use in the place of a connection type or format that is not here."""
    found = {known.lower(): entry for known, entry in table.items()}.get(name.lower())
    return found.instead if found else ""
