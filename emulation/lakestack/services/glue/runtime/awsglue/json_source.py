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


class Fields:
    """Which of some fields the records of a source have.

    Reads no more than it must: mostly the first records have all of them.

    Args:
        text: as `text_of` gives it
        names: the fields that matter
        whole: the texts are whole files
    """

    def __init__(self, text: DataFrame, names: Sequence[str], *, whole: bool = False) -> None:
        self._wanted = frozenset(name.lower() for name in names)
        self._keys = text.mapInArrow(to_keys(self._wanted, whole=whole), "key string")
        self._first = {row[0] for row in self._keys.take(len(self._wanted) + 1)}

    @property
    def go_over_lines(self) -> bool:
        """Whether the first files have records over several lines and are read in parts."""
        return OVER_LINES in self._first

    def found(self) -> frozenset[str]:
        """The fields that a record has, in lower case, and "" where there is any record."""
        if self._wanted <= self._first:
            return frozenset(self._first)
        return frozenset(row[0] for row in self._keys.distinct().collect())
