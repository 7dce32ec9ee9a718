"""Transforms of texts. Their patterns are regular expressions of Java, run by Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .columns import added, column, names


def concatenate(
    frame: DataFrame,
    colName: str,  # noqa: N803 - AWS's
    colList: Sequence[str],  # noqa: N803
    spacer: str | None = None,
) -> DataFrame:
    """Concatenate Columns: values one after another; null is an empty text."""
    texts = [F.coalesce(column(frame, n).cast("string"), F.lit("")) for n in names(colList)]
    return added(frame, colName, F.concat_ws(spacer or "", *texts))


def split(
    frame: DataFrame,
    colName: str,  # noqa: N803
    pattern: str,
    newColName: str | None = None,  # noqa: N803
) -> DataFrame:
    """Split String: an array of what is between a pattern."""
    return added(frame, newColName or colName, F.split(column(frame, colName), pattern))


def regex_extract(
    frame: DataFrame,
    colName: str,  # noqa: N803
    regex: str,
    newCols: str | Sequence[str],  # noqa: N803
) -> DataFrame:
    """Regex Extractor: the groups of a pattern, each a column; null where it is not found.

    Raises:
        ValueError: there are fewer groups than columns
    """
    jvm: Any = frame.sparkSession._jvm
    groups = jvm.java.util.regex.Pattern.compile(regex).matcher("").groupCount()
    targets, value = names(newCols), column(frame, colName).cast("string")
    if len(targets) > max(groups, 1):
        raise ValueError(f"{regex!r} has {groups} groups for the columns {', '.join(targets)}")
    for at, target in enumerate(targets):
        part = F.regexp_extract(value, regex, at + 1 if groups else 0)
        frame = added(frame, target, F.when(value.rlike(regex), part))
    return frame
