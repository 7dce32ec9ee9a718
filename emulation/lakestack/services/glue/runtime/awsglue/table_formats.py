"""Tables of Iceberg, Delta Lake and Hudi in the Data Catalog: used by their own classes.

AWS Glue Developer Guide, "Using the Iceberg framework in AWS Glue", "Using the Delta Lake
framework in AWS Glue", "Using the Hudi framework in AWS Glue". The classes are there in jobs with
``--datalake-formats``, or where a job brings the jars.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from .catalog import DELTA, HUDI, ICEBERG, CatalogTable
from .errors import CatalogError
from .hudi_sync import AS_READ_OPTIMIZED
from .table_statement import sql_name

Options = Mapping[str, Any]
AT_PATHS = (DELTA, HUDI)
"""Formats of ``from_options`` with connection type s3."""

_CLASSES = {
    DELTA: "org.apache.spark.sql.delta.sources.DeltaDataSource",
    HUDI: "org.apache.hudi.DefaultSource",
    ICEBERG: "org.apache.iceberg.spark.SparkCatalog",
}
_CATALOG = "awsglue_data_catalog"


def read(
    spark: SparkSession, table: CatalogTable, options: Options, catalog_id: str | None = None
) -> DataFrame:
    """A table of the Data Catalog.

    Args:
        table: of one of these formats
        options: of the format's reader, such as ``snapshot-id`` or ``versionAsOf``

    Raises:
        CatalogError: the format's jars are not there
    """
    kind = table.classification
    _require(spark, kind, f"table {table.database}.{table.name}")
    reader = spark.read.format(kind).options(**options)
    if kind == ICEBERG:
        return reader.load(_name(spark, table, catalog_id))
    if kind == HUDI and (optimized := table.serde.get(AS_READ_OPTIMIZED)):
        reader = reader.option(AS_READ_OPTIMIZED, optimized)
    return reader.load(_path(table))


def append(
    frame: DataFrame, table: CatalogTable, options: Options, catalog_id: str | None = None
) -> None:
    """Add a frame's rows to a table of the Data Catalog; to one of Hudi as its options say.

    Raises:
        CatalogError: the format's jars are not there
    """
    kind, spark = table.classification, frame.sparkSession
    _require(spark, kind, f"table {table.database}.{table.name}")
    if kind == ICEBERG:
        frame.writeTo(_name(spark, table, catalog_id)).options(**options).append()
        return
    frame.write.format(kind).options(**options).mode("append").save(_path(table))


def read_path(spark: SparkSession, kind: str, options: Options) -> DataFrame:
    """A table at ``path`` or ``paths`` of the options; the others are the format's.

    Raises:
        CatalogError: the format's jars are not there
    """
    _require(spark, kind, f"format {kind!r}")
    path, others = _split(options)
    return spark.read.format(kind).options(**others).load(path)


def append_path(frame: DataFrame, kind: str, options: Options) -> None:
    """Add a frame's rows to a table at ``path`` of the options; to one of Hudi as they say.

    Raises:
        CatalogError: the format's jars are not there
    """
    _require(frame.sparkSession, kind, f"format {kind!r}")
    path, others = _split(options)
    keys = others.pop("partitionKeys", None)
    writer = frame.write.format(kind).options(**others).mode("append")
    (writer.partitionBy(*keys) if keys else writer).save(path)


def _split(options: Options) -> tuple[str, dict[str, Any]]:
    others = dict(options)
    given = others.pop("paths", None) or [others.pop("path", None)]
    paths = [given] if isinstance(given, str) else list(given)
    others.pop("path", None)
    if len(paths) != 1 or not paths[0]:
        raise ValueError(f'expected one path, as {{"path": "s3://…"}}; received {paths}')
    return str(paths[0]), others


def _require(spark: SparkSession, kind: str, what: str) -> None:
    loader = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader()  # type: ignore[union-attr]
    try:
        loader.loadClass(_CLASSES[kind])
    except Py4JJavaError as e:
        raise CatalogError(
            f"{what} needs the classes of {kind}: start the job with --datalake-formats {kind}"
        ) from e


def _name(spark: SparkSession, table: CatalogTable, catalog_id: str | None) -> str:
    """The name of an Iceberg table in a catalog of our own, which depends on no script's."""
    catalog = f"{_CATALOG}_{catalog_id}" if catalog_id else _CATALOG
    setting = f"spark.sql.catalog.{catalog}"
    wanted = {
        setting: _CLASSES[ICEBERG],
        f"{setting}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{setting}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        # What a script writes by a catalog of its own is read at once.
        f"{setting}.cache-enabled": "false",
        f"{setting}.glue.skip-name-validation": "true",
        **({f"{setting}.glue.id": catalog_id} if catalog_id else {}),
    }
    for name, value in wanted.items():
        spark.conf.set(name, value)
    return sql_name(catalog, table.database, table.name)


def _path(table: CatalogTable) -> str:
    """Spark keeps the path of an external table of a data source among the SerDe's parameters."""
    return table.serde.get("path") or table.location
