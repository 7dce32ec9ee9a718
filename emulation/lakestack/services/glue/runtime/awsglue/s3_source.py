"""Read files in S3 (or any path Spark knows) as text columns, with their partition values.

All columns come as text in the catalog's order, so that a value that does not fit its declared
type is still there for `DynamicFrame.resolveChoice` and for the error records; the types are put
on by `DynamicFrame.toDF`. Parquet, ORC and Avro files carry their own types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from .bookmark import Select
from .catalog import CatalogTable, Partition, read_partitions
from .errors import SourceError, UnsupportedApiError
from .format_options import options_of
from .json_records import to_columns
from .json_schema import with_choices
from .s3_objects import Listing, existing

# Characters that Hadoop leaves as they are in the URI of a file.
URI_SAFE = "/:=+,@&$!*'()~;"
WHOLE = Listing()

_CSV_OPTIONS = (
    "withheader",
    "separator",
    "quotechar",
    "escaper",
    "multiline",
    "optimizeperformance",
)


@dataclass(frozen=True)
class Read:
    """What a source delivers.

    Args:
        frame: the records
        types: Hive type of each column that is still text but shall be something else
        errors: columns ``error`` with the text of what is no record and ``file`` with its object,
            None if the format knows no such thing
        choices: columns that are choices: structs with a field for each type
    """

    frame: DataFrame
    types: Mapping[str, str]
    errors: DataFrame | None = None
    choices: frozenset[str] = frozenset()


def read_catalog(
    spark: SparkSession,
    table: CatalogTable,
    select: Select | None = None,
    predicates: Sequence[str] = (),
    listing: Listing = WHOLE,
) -> Read:
    """Read a table of the catalog: its registered partitions, or its whole location.

    Args:
        select: chooses among the objects found, for job bookmarks
        predicates: Spark SQL over the partition keys; partitions that fulfil all are read

    Raises:
        SourceError: the location is no path
        UnsupportedApiError: the classification is not among those read here
    """
    if not table.location:
        raise SourceError(f"table {table.database}.{table.name} has no Location")
    partitions = read_partitions(table) if table.partition_keys else []
    partitions = _wanted(spark, table, partitions, predicates)
    declared = [*table.columns, *table.partition_keys]
    types = {n: t for n, t in declared if not _is_text(t)}
    names = [name for name, _ in table.columns]
    paths = [p.location for p in partitions] if table.partition_keys else [table.location]
    paths = existing(paths)  # what was deleted since it was registered has no records, as on AWS
    paths = _chosen(paths, listing, select)
    if not paths:  # nothing is registered yet, or nothing is new: as on AWS, no records
        empty = StructType([StructField(n, StringType()) for n, _ in declared])
        return Read(spark.createDataFrame([], empty), types)
    keys = [name for name, _ in table.partition_keys]
    match table.classification:
        case "json":
            return _json(spark, paths, names, keys, partitions, types)
        case "csv":
            frame = _csv_reader(spark, _csv_options(table), names, paths)
        case "parquet" | "orc" | "avro" as kind:
            frame = _typed(spark, kind, paths)
            types = {n: t for n, t in table.partition_keys if not _is_text(t)}
        case other:
            raise UnsupportedApiError(f"classification {other!r} of {table.database}.{table.name}")
    if table.classification in ("parquet", "orc", "avro"):
        columns = _conformed(frame, table.columns)
    else:
        columns = [_named(n) for n in frame.columns]
    return Read(frame.select(*columns, *_partition_columns(keys, partitions)), types)


def read_paths(
    spark: SparkSession,
    paths: Sequence[str],
    kind: str,
    options: Mapping[str, object],
    select: Select | None = None,
    listing: Listing = WHOLE,
) -> Read:
    """Read files of a format without a catalog; the schema is taken from the data.

    Args:
        select: chooses among the objects found, for job bookmarks
        options: the format options of AWS Glue ("Data format options for inputs and outputs")

    Raises:
        UnsupportedApiError: a format or an option that is not here
    """
    reader = spark.read.option("recursiveFileLookup", "true")
    paths = _chosen(paths, listing, select)
    if not paths:
        return Read(spark.createDataFrame([], StructType([])), {})
    match kind:
        case "json":
            given = options_of(kind, options, ("multiline", "optimizeperformance"))
            text = reader.option("wholetext", given.get("multiline", "false")).text(list(paths))
            return Read(*with_choices(spark, text.select("value", "_metadata.file_path")))
        case "csv":
            given = options_of(kind, options, _CSV_OPTIONS)
            settings = _csv_settings(
                header=given.get("withheader", "false") == "true",
                separator=given.get("separator", ","),
                quote=given.get("quotechar", '"'),
                escape=given.get("escaper", '"'),
            )
            settings["multiLine"] = given.get("multiline", "false")
            frame = reader.options(**settings).csv(list(paths))
            if settings["header"] == "false":  # Glue's names, where Spark has _c0
                frame = frame.toDF(*(f"col{i}" for i in range(len(frame.columns))))
            return Read(frame, {})
        case "parquet" | "orc" | "avro":
            options_of(kind, options, ("version",) if kind == "avro" else ())
            return Read(_typed(spark, kind, paths), {})
    raise UnsupportedApiError(f"format {kind!r}")


def _chosen(paths: Sequence[str], listing: Listing, select: Select | None) -> list[str]:
    """What Spark shall read: the paths themselves, or the files chosen below them."""
    if listing.is_whole and not select:
        return list(paths)
    objects = listing.objects(paths)
    if select:
        objects = select(paths, objects)
    return [_literal(each.url) for each in objects]


def _typed(spark: SparkSession, kind: str, paths: Sequence[str]) -> DataFrame:
    """Files with types of their own; a column that only some have is null in the others."""
    options = {"recursiveFileLookup": "true", "mergeSchema": "true"}
    return spark.read.options(**options).format(kind).load(list(paths))


def _literal(url: str) -> str:
    """A path of one file, for Spark, which takes ``*?[]{}`` for a pattern."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", url)


def _wanted(
    spark: SparkSession,
    table: CatalogTable,
    partitions: list[Partition],
    predicates: Sequence[str],
) -> list[Partition]:
    """The partitions whose values fulfil the predicates."""
    if not (predicates and partitions):
        return partitions
    values = [(i, *partition.values) for i, partition in enumerate(partitions)]
    schema = [StructField("_i", IntegerType())]
    schema += [StructField(name, StringType()) for name, _ in table.partition_keys]
    frame = spark.createDataFrame(values, StructType(schema))
    frame = frame.select("_i", *(_named(n).cast(t).alias(n) for n, t in table.partition_keys))
    for predicate in predicates:
        frame = frame.where(predicate)
    return [partitions[i] for i in sorted(row["_i"] for row in frame.collect())]


def _json(
    spark: SparkSession,
    paths: Sequence[str],
    names: list[str],
    keys: Sequence[str],
    partitions: Sequence[Partition],
    types: Mapping[str, str],
) -> Read:
    text = spark.read.option("recursiveFileLookup", "true").text(list(paths))
    schema = [StructField(n, StringType()) for n in [*names, "error", "extra_0"]]
    parsed = text.select("value", "_metadata.file_path").mapInArrow(
        to_columns(names, 1), StructType(schema)
    )
    values = _partition_columns(keys, partitions, F.col("extra_0")) if keys else []
    good = parsed.where("error is null").select(*(_named(n) for n in names), *values)
    errors = parsed.where("error is not null").select("error", F.col("extra_0").alias("file"))
    return Read(good, types, errors)


def _named(name: str) -> Column:
    return F.col(f"`{name}`")


def _csv_options(table: CatalogTable) -> dict[str, str]:
    serde, parameters = table.serde, table.parameters
    separator = (
        serde.get("separatorChar") or serde.get("field.delim") or parameters.get("delimiter")
    )
    return _csv_settings(
        header=int(parameters.get("skip.header.line.count", "0")) > 0,
        separator=separator or ",",
        quote=serde.get("quoteChar", '"'),
        escape=serde.get("escapeChar", '"'),
    )


def _csv_settings(*, header: bool, separator: str, quote: str, escape: str) -> dict[str, str]:
    return {
        "header": str(header).lower(),
        "enforceSchema": "true",
        "sep": separator,
        "quote": "" if quote == "-1" else quote,
        "escape": escape,
        "mode": "PERMISSIVE",
    }


def _csv_reader(
    spark: SparkSession, settings: Mapping[str, str], names: Sequence[str], paths: Sequence[str]
) -> DataFrame:
    schema = StructType([StructField(n, StringType()) for n in names])
    reader = spark.read.option("recursiveFileLookup", "true").options(**settings)
    return reader.schema(schema).csv(list(paths))


def _conformed(frame: DataFrame, columns: Sequence[tuple[str, str]]) -> list[Column]:
    """The catalog's columns, order and types; a column that no file has is null."""
    present = {name.lower(): name for name in frame.columns}
    return [
        (_named(present[n.lower()]) if n.lower() in present else F.lit(None)).cast(t).alias(n)
        for n, t in columns
    ]


def _partition_columns(
    keys: Sequence[str], partitions: Sequence[Partition], path: Column | None = None
) -> list[Column]:
    """Partition values of each row, looked up by the folder of its file."""
    if not keys:
        return []
    file = F.col("_metadata.file_path") if path is None else path
    folder = F.regexp_replace(file, "[^/]*$", "")
    cells: list[Column] = []
    for partition in partitions:
        location = quote(partition.location.rstrip("/") + "/", safe=URI_SAFE)
        cells += [F.lit(location), F.array(*(F.lit(v) for v in partition.values))]
    values = F.create_map(*cells)[folder]
    return [values[i].alias(key) for i, key in enumerate(keys)]


def _is_text(hive_type: str) -> bool:
    return hive_type == "string" or hive_type.startswith(("varchar", "char"))
