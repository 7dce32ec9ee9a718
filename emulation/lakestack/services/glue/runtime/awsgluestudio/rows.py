"""Transforms of rows as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from awsglue.columns import quoted
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import ArrayType, MapType, StringType

from .columns import column, names

_AGGREGATES: Mapping[str, Callable[[Column], Column]] = {
    "avg": F.avg,
    "mean": F.avg,
    "count": F.count,
    "countDistinct": F.count_distinct,
    "first": F.first,
    "last": F.last,
    "kurtosis": F.kurtosis,
    "max": F.max,
    "min": F.min,
    "skewness": F.skewness,
    "stddev_samp": F.stddev_samp,
    "stddev_pop": F.stddev_pop,
    "sum": F.sum,
    "sumDistinct": F.sum_distinct,
    "var_samp": F.var_samp,
    "var_pop": F.var_pop,
}
_KEY = "__pivot"


def without_null_rows(frame: DataFrame, extended: bool = False) -> DataFrame:
    """Remove Null Rows: rows that are null in each column.

    Args:
        frame: the rows
        extended: empty texts, arrays and maps are as good as null
    """
    filled = F.lit(False)
    for field in frame.schema.fields:
        value = quoted(field.name)
        set_ = value.isNotNull()
        if extended and isinstance(field.dataType, StringType):
            set_ = set_ & (value != "")
        elif extended and isinstance(field.dataType, ArrayType | MapType):
            set_ = set_ & (F.size(value) > 0)
        filled = filled | set_
    return frame.filter(filled)


def pivot(
    frame: DataFrame,
    aggCol: str,  # noqa: N803 - AWS's
    aggFunction: str,  # noqa: N803
    colList: str | Sequence[str],  # noqa: N803
) -> DataFrame:
    """Pivot Rows Into Columns: a column for each value of others, with an aggregate of one.

    The rows of the other columns are groups. Values of several columns are joined by ``_``.

    Raises:
        ValueError: the aggregate is not known
    """
    if aggFunction not in _AGGREGATES:
        raise ValueError(f"aggFunction {aggFunction!r} is not one of {', '.join(_AGGREGATES)}")
    turned = [name.strip("`") for name in names(colList)]
    key = F.concat_ws("_", *(column(frame, f"`{name}`").cast("string") for name in turned))
    groups = [n for n in frame.columns if n not in (*turned, aggCol.strip("`"))]
    value = _AGGREGATES[aggFunction](column(frame, aggCol))
    grouped = frame.withColumn(_KEY, key).groupBy(*map(quoted, groups))
    return grouped.pivot(_KEY).agg(value)


def repartition(frame: DataFrame, numPartitionsStr: str = "") -> DataFrame:  # noqa: N803
    """Autobalance Processing: the rows in some partitions; else in as many as run at once."""
    session = frame.sparkSession
    wanted = str(numPartitionsStr or "").strip()
    return frame.repartition(int(wanted) if wanted else session.sparkContext.defaultParallelism)
