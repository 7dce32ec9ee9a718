"""Transforms that add a column."""

from __future__ import annotations

from collections.abc import Sequence

from awsglue.columns import find_column
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses


def column(frame: DataFrame, name: str) -> Column:
    """A column by its name, a name in back-ticks, or a path into structs.

    Raises:
        ValueError: there is none
    """
    found: Column | None = find_column(frame, name)
    if found is None:
        raise ValueError(f"there is no column {name!r}; there are {', '.join(frame.columns)}")
    return found


def added(frame: DataFrame, name: str, value: Column) -> DataFrame:
    """The frame with a column more, or with another value of it."""
    return frame.withColumn(name.strip("`"), value)


def names(listed: str | Sequence[str]) -> list[str]:
    """Names that stand in one text with commas between, or in a list."""
    parts = listed.split(",") if isinstance(listed, str) else listed
    return [part.strip() for part in parts if part.strip()]


def derived(frame: DataFrame, colName: str, expr: str) -> DataFrame:  # noqa: N803 - AWS's
    """Derived Column: a column by an expression in Spark SQL."""
    return added(frame, colName, F.expr(expr))


def uuid(frame: DataFrame, colName: str = "uuid") -> DataFrame:  # noqa: N803
    """UUID: a unique text for each row."""
    return added(frame, colName, F.expr("uuid()"))


def sequence_id(frame: DataFrame, colName: str = "id", unique: bool = False) -> DataFrame:  # noqa: N803
    """Identifier: a number for each row.

    Args:
        frame: the rows
        colName: the column
        unique: no other run has the same numbers; they are decimals then
    """
    number: Column = F.monotonically_increasing_id()
    if unique:
        # The milliseconds of the start come first; the rest has 19 digits at most.
        start = F.unix_millis(F.current_timestamp()).cast("decimal(38,0)")
        number = (start * F.lit(str(10**19)).cast("decimal(20,0)") + number).cast("decimal(38,0)")
    return added(frame, colName, number)
