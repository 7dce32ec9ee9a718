"""Read files in S3 (or any path Spark knows) as text columns, with their partition values.

All columns come as text in the catalog's order, so that a value that does not fit its declared
type is still there for `DynamicFrame.resolveChoice` and for the error records; the types are put
on by `DynamicFrame.toDF`. Parquet, ORC and Avro files carry their own types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from . import csv_source, grok_source, xml_source
from .bookmark import Select
from .catalog import CatalogTable, Partition, read_partitions
from .columns import convert
from .coverage.connections import READ_FORMATS, instead
from .errors import SourceError, UnsupportedApiError
from .gluetypes import is_complex
from .json_columns import ERROR, FILE, to_columns
from .json_path import JsonPath
from .json_schema import with_choices
from .json_source import Fields, text_of
from .options import READERS, is_true
from .s3_objects import Listing, existing
from .type_names import spark_type

# Characters that Hadoop leaves as they are in the URI of a file.
URI_SAFE = "/:=+,@&$!*'()~;"
WHOLE = Listing()


@dataclass(frozen=True)
class Read:
    """What a source delivers.

    Args:
        frame: the records
        types: Hive type of each column that is still text but shall be something else
        errors: columns ``error`` with the text of what is no record and ``file`` with its object,
            None if the format knows no such thing
        choices: columns that are choices: structs with a field for each type
        declared: the columns of which only those are in the records that `fields` finds; all others
            are in each record
        fields: finds, in lower case, which of the declared columns a record has, and "" where there
            is any record; None where a look at the frame tells
    """

    frame: DataFrame
    types: Mapping[str, str]
    errors: DataFrame | None = None
    choices: frozenset[str] = frozenset()
    declared: tuple[str, ...] = ()
    fields: Callable[[], frozenset[str]] | None = None

    def of_data(self) -> Read:
        """The same with the columns that the records have: of no records none.

        AWS Glue Developer Guide, "DynamicFrame class": the schema is computed from the data.
        """
        found = self.fields() if self.fields else None
        if (found is None and self.frame.isEmpty()) or (found is not None and "" not in found):
            spark = self.frame.sparkSession
            return replace(self, frame=spark.createDataFrame([], StructType([])), types={})
        absent = {n for n in self.declared if n.lower() not in (found or ())}
        kept = {name: kind for name, kind in self.types.items() if name not in absent}
        return replace(self, frame=self.frame.drop(*absent), types=kept) if absent else self


def read_catalog(
    spark: SparkSession,
    table: CatalogTable,
    select: Select | None = None,
    predicates: Sequence[str] = (),
    listing: Listing = WHOLE,
    options: Mapping[str, object] | None = None,
) -> Read:
    """Read a table of the catalog, with all columns it declares.

    Args:
        select: chooses among the objects found, for job bookmarks
        predicates: Spark SQL over the partition keys; partitions that fulfil all are read
        options: ``multiline``, ``attachfilename``, ``attachtimestamp``

    Raises:
        SourceError: the location is no path
        UnsupportedApiError: the classification is not among those read here
    """
    if not table.location:
        raise SourceError(f"table {table.database}.{table.name} has no Location")
    options = options or {}
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
    kind = table.classification
    if kind == "json":
        return _json(spark, paths, table, partitions, types, options)
    if kind == "xml":
        given = {k.lower(): v for k, v in {**table.parameters, **table.serde}.items()}
        shape = xml_source.Shape.of(given)
        text, broken = xml_source.text_of(spark, paths, shape, str(given.get("encoding") or ""))
        fields = Fields(text, names, whole=False)
        read = _documents(text, fields, table, partitions, types, options)
        return replace(read, errors=broken)
    absent: list[str] = []
    if kind == "csv":
        settings = csv_source.options_of(table)
        if is_true(options.get("multiline", table.parameters.get("multiline"))):
            settings["multiLine"] = "true"
        frame = csv_source.rows(spark, settings, names, paths)
        columns = [csv_source.cell(n, is_text=n not in types, of_hive=table.of_hive) for n in names]
    elif kind in ("parquet", "orc", "avro"):
        frame = _typed(spark, kind, paths)
        types = {n: t for n, t in table.partition_keys if not _is_text(t)}
        columns = _conformed(frame, table.columns)
        present = {name.lower() for name in frame.columns}
        absent = [name for name in names if name.lower() not in present]
    else:
        raise UnsupportedApiError(f"classification {kind!r} of {table.database}.{table.name}")
    values = _partition_columns(keys, partitions)
    read = Read(frame.select(*columns, *values, *_attached(options)), types)
    return replace(read, declared=tuple(absent))


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
    kind = kind.lower().removeprefix("glue")
    if kind not in READERS:
        raise UnsupportedApiError(f"reading format {kind!r}", instead(READ_FORMATS, kind))
    given = READERS[kind].taken(f"format {kind}", options)
    paths = _chosen(paths, listing, select)
    if not paths:
        return Read(spark.createDataFrame([], StructType([])), {})
    if kind == "json":
        if given.get("attachtimestamp"):
            raise UnsupportedApiError("option 'attachTimestamp' of format json")
        path = JsonPath(str(given["jsonpath"])) if given.get("jsonpath") else None
        # A document of which parts are read may have its lines as it likes.
        whole = is_true(given.get("multiline"))
        text = text_of(spark, paths, whole=whole)
        return Read(
            *with_choices(
                spark, text, whole=whole, path=path, file_column=given.get("attachfilename")
            )
        )
    if kind == "xml":
        records, broken = xml_source.text_of(
            spark, paths, xml_source.Shape.of(given), str(given.get("encoding") or "")
        )
        frame, types, _, choices = with_choices(spark, records)
        return Read(frame, types, broken, choices)
    if kind == "groklog":
        return Read(*grok_source.read(spark, paths, given))
    if kind == "csv":
        frame = csv_source.read(spark, paths, given)
        own = [csv_source.cell(name) for name in frame.columns]
    else:
        frame = _typed(spark, kind, paths)
        own = [_named(name) for name in frame.columns]
    attached = _attached(given)
    return Read(frame.select(*own, *attached) if attached or kind == "csv" else frame, {})


def _attached(options: Mapping[str, object]) -> list[Column]:
    """Columns for the file of each record, and for when it was last modified."""
    part, found = F.col("_metadata"), []
    if name := options.get("attachfilename"):
        found.append(part["file_path"].alias(str(name)))
    if name := options.get("attachtimestamp"):
        found.append(part["file_modification_time"].alias(str(name)))
    return found


def _chosen(paths: Sequence[str], listing: Listing, select: Select | None) -> list[str]:
    """What Spark shall read: the paths themselves, or the files chosen below them."""
    if listing.is_whole and not select:
        return list(paths)
    objects = listing.objects(paths)
    if select:
        objects = select(paths, objects, listing.bound)
    elif listing.bound:
        objects = listing.bound.first(objects)
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
    table: CatalogTable,
    partitions: Sequence[Partition],
    types: Mapping[str, str],
    options: Mapping[str, object],
) -> Read:
    names = [name for name, _ in table.columns]
    whole = is_true(options.get("multiline"))
    text = text_of(spark, paths, whole=whole)
    fields = Fields(text, names, whole=whole)
    if fields.go_over_lines:
        whole = True
        text = text_of(spark, paths, whole=whole)
        fields = Fields(text, names, whole=whole)
    return _documents(text, fields, table, partitions, types, options, whole=whole)


def _documents(
    text: DataFrame,
    fields: Fields,
    table: CatalogTable,
    partitions: Sequence[Partition],
    types: Mapping[str, str],
    options: Mapping[str, object],
    *,
    whole: bool = False,
) -> Read:
    """Records in JSON as a table's columns; what is none is among the errors.

    Args:
        text: from `text_of`
        fields: what is in it
        whole: a text is a file
    """
    names = [name for name, _ in table.columns]
    keys = [name for name, _ in table.partition_keys]
    schema = [StructField(n, StringType()) for n in [*names, ERROR, FILE]]
    parsed = text.mapInArrow(to_columns(names, types, whole=whole), StructType(schema))
    values = _partition_columns(keys, partitions, F.col(FILE)) if keys else []
    if attached := options.get("attachfilename"):
        values.append(F.col(FILE).alias(str(attached)))
    if options.get("attachtimestamp"):
        raise UnsupportedApiError(f"option 'attachTimestamp' of a table of {table.classification}")
    good = parsed.where(F.col(ERROR).isNull()).select(*(_named(n) for n in names), *values)
    errors = parsed.where(F.col(ERROR).isNotNull())
    errors = errors.select(F.col(ERROR).alias("error"), F.col(FILE).alias("file"))
    return Read(
        good,
        types,
        errors,
        declared=tuple(names),
        fields=fields.found,
    )


def _named(name: str) -> Column:
    return F.col(f"`{name}`")


def _conformed(frame: DataFrame, columns: Sequence[tuple[str, str]]) -> list[Column]:
    """The catalog's columns, order and types; a column that no file has is null.

    An array, map or struct keeps the type it has in the files: a cast would go by position.
    """
    present = {name.lower(): name for name in frame.columns}
    cells = []
    for name, kind in columns:
        target, own = spark_type(kind), present.get(name.lower())
        if own is None:
            cell = F.lit(None).cast(target)
        elif is_complex(target):
            cell = _named(own)
        else:
            cell = convert(_named(own), "", kind)
        cells.append(cell.alias(name))
    return cells


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
