"""Steps that change which columns there are, or their types.

AWS Glue DataBrew Developer Guide: RENAME, DELETE, CHANGE_DATA_TYPE, SPLIT_COLUMN_SINGLE_DELIMITER.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from awsglue.columns import convert, matching, quoted
from awsglue.errors import UnsupportedApiError
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

MOST_SPLITS = 20
_TYPES: Mapping[str, str] = {
    "boolean": "boolean",
    "byte": "tinyint",
    "date": "date",
    "decimal": "decimal(38,18)",
    "double": "double",
    "float": "float",
    "int": "int",
    "integer": "int",
    "long": "bigint",
    "short": "smallint",
    "string": "string",
    "timestamp": "timestamp",
}


def named(frame: DataFrame, name: str) -> str:
    """A column's name as the frame has it; its case does not matter, as in Spark.

    Raises:
        ValueError: there is no such column
    """
    found: str | None = matching(name, frame.columns, case_sensitive=False)
    if found is None:
        raise ValueError(f"there is no column {name!r}; there are {', '.join(frame.columns)}")
    return found


def column(frame: DataFrame, name: str) -> Column:
    """A column by its whole name.

    Raises:
        ValueError: there is none
    """
    found: Column = quoted(named(frame, name))
    return found


def rename(frame: DataFrame, source_column: str, target_column: str) -> DataFrame:
    """RENAME: another name for a column."""
    return frame.withColumnRenamed(named(frame, source_column), target_column)


def delete(frame: DataFrame, source_columns: str | Sequence[str]) -> DataFrame:
    """DELETE: the frame without some columns."""
    listed = json.loads(source_columns) if isinstance(source_columns, str) else source_columns
    return frame.drop(*(named(frame, name) for name in listed))


def change_type(
    frame: DataFrame,
    source_column: str,
    column_data_type: str,
    replace_type: str = "REPLACE_WITH_NULL",
) -> DataFrame:
    """CHANGE_DATA_TYPE: a column of another type; what cannot be converted is null.

    Args:
        frame: the rows
        source_column: the column
        column_data_type: a key of `_TYPES`
        replace_type: what becomes of other values

    Raises:
        UnsupportedApiError: `replace_type` is another one
        ValueError: the type is not known
    """
    target = _TYPES.get(column_data_type.lower())
    if target is None:
        valid = ", ".join(_TYPES)
        raise ValueError(f"column_data_type {column_data_type!r} is not one of {valid}")
    if replace_type != "REPLACE_WITH_NULL":
        raise UnsupportedApiError(
            f"replace_type {replace_type!r} of ChangeColumnDataType", "REPLACE_WITH_NULL"
        )
    name = named(frame, source_column)
    kind = dict(frame.dtypes)[name]
    value = quoted(name)
    if kind == "string" and target in ("date", "timestamp"):
        value = _dashed(value)
    return frame.withColumn(name, convert(value, kind, target))


def _dashed(text: Column) -> Column:
    """A date with the year first in ISO's form, of one with other signs between (our guess)."""
    return F.regexp_replace(F.trim(text), r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", "$1-$2-$3")


def split(
    frame: DataFrame,
    source_column: str,
    pattern: str,
    limit: int = 1,
    include_in_split: bool = False,
) -> DataFrame:
    """SPLIT_COLUMN_SINGLE_DELIMITER: parts of a text as the columns ``name_1``, ``name_2``, ….

    The column itself stays, and a part that is not there is null (our guesses).

    Args:
        frame: the rows
        source_column: the column
        pattern: between the parts: a regular expression of Java
        limit: how often the text is split, 1 to 20
        include_in_split: what is between stays, at the beginning of the later part (our guess)

    Raises:
        ValueError: `limit` is not valid
    """
    splits = int(limit)
    if not 1 <= splits <= MOST_SPLITS:
        raise ValueError(f"limit {limit!r} is not one of 1 to {MOST_SPLITS}")
    name = named(frame, source_column)
    between = f"(?={pattern})" if include_in_split else pattern
    parts = F.split(quoted(name).cast("string"), between, splits + 1)
    for at in range(splits + 1):
        frame = frame.withColumn(f"{name}_{at + 1}", parts.getItem(at))
    return frame
