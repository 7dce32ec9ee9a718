"""CSV files, read as texts. As on AWS, a text with nothing in it is empty, and not null.

AWS Glue Developer Guide, "IsComplete" (Null behavior): "If a column is of String type, the blank
row will be recognized as an empty string"; of another type it is null. Spark's reader says null of
both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import StringType, StructField, StructType

from .catalog import CatalogTable
from .errors import UnsupportedApiError
from .hive_serde import FIELD_SEPARATOR, TEXT_OPTIONS
from .options import is_true

NULL = "\\N"
"""What LazySimpleSerDe writes for null."""
TELLS_NULL = {"nullValue": "\x00"}
"""Option of Spark's reader, with which `NULL` is a text like any other until `cell` looks at it."""


def cell(name: str, *, is_text: bool = True, of_hive: bool = False) -> Column:
    """A column of a CSV file.

    A line that is too short for a text has an empty one (our guess).

    Args:
        name: as the frame has it
        is_text: the column's type is text; else what is not there is null
        of_hive: the file is as LazySimpleSerDe writes it, read with `TELLS_NULL`
    """
    value = F.col(f"`{name}`")
    if is_text:
        value = F.coalesce(value, F.lit(""))
    return (F.when(value != NULL, value) if of_hive else value).alias(name)


def read(spark: SparkSession, paths: Sequence[str], given: Mapping[str, object]) -> DataFrame:
    """CSV files without a catalog.

    Args:
        spark: the session
        paths: files and folders
        given: format options, their names in lower case

    Raises:
        UnsupportedApiError: two options that do not go together here
    """
    header, skip = is_true(given.get("withheader")), is_true(given.get("skipfirst"))
    if header and skip:
        raise UnsupportedApiError("option 'skipFirst' of format csv together with withHeader")
    settings = _settings(
        header=header,
        separator=str(given.get("separator", ",")),
        quote=str(given.get("quotechar", '"')),
        escape=str(given.get("escaper", '"')),
    )
    settings["multiLine"] = str(is_true(given.get("multiline"))).lower()
    reader = spark.read.option("recursiveFileLookup", "true")
    frame = reader.options(**settings).csv(list(paths))
    if header:
        return frame
    names = [f"col{i}" for i in range(len(frame.columns))]  # Glue's names, where Spark has _c0
    if skip:  # the first line of each file, as if it were a header
        return rows(spark, {**settings, "header": "true"}, names, paths)
    return frame.toDF(*names) if names else frame


def options_of(table: CatalogTable) -> dict[str, str]:
    """How the files of a table are written, as Spark's reader takes it."""
    serde, parameters = table.serde, table.parameters
    separator = (
        serde.get("separatorChar") or serde.get("field.delim") or parameters.get("delimiter")
    )
    if table.of_hive:  # text as LazySimpleSerDe writes it
        written = {**TEXT_OPTIONS, **TELLS_NULL, "enforceSchema": "true"}
        return {**written, "sep": separator or FIELD_SEPARATOR}
    return _settings(
        header=int(parameters.get("skip.header.line.count", "0")) > 0,
        separator=separator or ",",
        quote=serde.get("quoteChar", '"'),
        escape=serde.get("escapeChar", '"'),
    )


def _settings(*, header: bool, separator: str, quote: str, escape: str) -> dict[str, str]:
    return {
        "header": str(header).lower(),
        "enforceSchema": "true",
        "sep": separator,
        "quote": "" if quote == "-1" else quote,
        "escape": escape,
        "mode": "PERMISSIVE",
    }


def rows(
    spark: SparkSession, settings: Mapping[str, str], names: Sequence[str], paths: Sequence[str]
) -> DataFrame:
    """CSV files with known columns, all of them texts.

    Args:
        spark: the session
        settings: of Spark's reader
        names: of the columns
        paths: files and folders
    """
    schema = StructType([StructField(n, StringType()) for n in names])
    reader = spark.read.option("recursiveFileLookup", "true").options(**settings)
    return reader.schema(schema).csv(list(paths))
