"""JSON files of a source: their lines, and which fields their records have."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .json_columns import OVER_LINES, to_keys


def text_of(spark: SparkSession, paths: Sequence[str], *, whole: bool = False) -> DataFrame:
    """Lines of files, or whole files: columns ``value``, ``file`` and ``rest``.

    ``rest`` is how many bytes of the file lie behind the part that a task reads.
    """
    reader = spark.read.option("recursiveFileLookup", "true")
    part = F.col("_metadata")
    rest = part["file_size"] - part["file_block_start"] - part["file_block_length"]
    return reader.text(list(paths), wholetext=whole).select(
        "value", part["file_path"].alias("file"), rest.alias("rest")
    )


def fields_of(text: DataFrame, names: Sequence[str], *, whole: bool = False) -> frozenset[str]:
    """Those of some fields that a record has, in lower case; "" too where there is any record.

    Reads no more than it must: mostly the first records have all of them.
    """
    wanted = frozenset(name.lower() for name in names)
    keys = text.mapInArrow(to_keys(wanted, whole=whole), "key string")
    found = {row[0] for row in keys.take(len(wanted) + 1)}
    if not wanted <= found:
        found = {row[0] for row in keys.distinct().collect()}
    return frozenset(found)


def goes_over_lines(text: DataFrame) -> bool:
    """Whether the first files have records over several lines and are read in parts."""
    keys = text.mapInArrow(to_keys(frozenset()), "key string")
    return any(row[0] == OVER_LINES for row in keys.take(1))
