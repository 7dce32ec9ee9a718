"""Transforms of timestamps.

AWS Glue Studio guide, "Convert a timestamp column to a formatted string": a format is one of Spark
("yyyy-MM-dd"), or of Python ("%Y-%m-%d").
"""

from __future__ import annotations

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .columns import added, column

_CODES = {
    "Y": "yyyy", "y": "yy", "m": "MM", "d": "dd", "H": "HH", "I": "hh", "M": "mm", "S": "ss",
    "f": "SSSSSS", "p": "a", "B": "MMMM", "b": "MMM", "A": "EEEE", "a": "E", "j": "DDD", "z": "xx",
    "Z": "z", "%": "%",
}  # fmt: skip
_PART = re.compile(r"%(?P<code>[A-Za-z%])|[A-Za-z]+")
_UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
_TYPES = ("autodetect", "iso", *_UNITS)


def current_timestamp(
    frame: DataFrame,
    colName: str = "timestamp",  # noqa: N803 - AWS's
    dateFormat: str | None = None,  # noqa: N803
) -> DataFrame:
    """Add Current Timestamp: a timestamp, or a text with a format."""
    now = F.current_timestamp()
    return added(
        frame, colName, F.date_format(now, spark_format(dateFormat)) if dateFormat else now
    )


def format_timestamp(
    frame: DataFrame,
    colName: str,  # noqa: N803
    dateFormat: str,  # noqa: N803
    newColName: str | None = None,  # noqa: N803
) -> DataFrame:
    """Format Timestamp: a timestamp as text."""
    text = F.date_format(column(frame, colName), spark_format(dateFormat))
    return added(frame, newColName or colName, text)


def to_timestamp(
    frame: DataFrame,
    colName: str,  # noqa: N803
    colType: str = "autodetect",  # noqa: N803
    newColName: str | None = None,  # noqa: N803
) -> DataFrame:
    """To Timestamp: numbers since 1970, or texts in the ISO format.

    Raises:
        ValueError: `colType` is not known
    """
    value = column(frame, colName)
    if colType not in _TYPES:
        raise ValueError(f"colType {colType!r} is not one of {', '.join(_TYPES)}")
    number = value.cast("string").cast("double")
    if colType in _UNITS:
        moment = _since_1970(number, _UNITS[colType])
    elif colType == "iso":
        moment = value.cast("string").cast("timestamp")
    else:
        moment = _guessed(value, frame.select(value).dtypes[0][1], number)
    return added(frame, newColName or colName, moment)


def _guessed(value: Column, kind: str, number: Column) -> Column:
    """What a value is that may be a number or a text; the sizes are our guess."""
    if kind.startswith(("timestamp", "date")):
        return value.cast("timestamp")
    size = F.abs(number)
    by_size = (
        F.when(size < 1e11, _since_1970(number, 1))  # seconds, until the year 5138
        .when(size < 1e14, _since_1970(number, 1_000))
        .otherwise(_since_1970(number, 1_000_000))
    )
    return F.coalesce(value.cast("timestamp"), by_size) if kind == "string" else by_size


def _since_1970(number: Column, parts: int) -> Column:
    return (number / F.lit(float(parts))).cast("timestamp")


def spark_format(text: str) -> str:
    """A format in Spark's letters; Python's codes are replaced."""
    if "%" not in text:
        return text
    return _PART.sub(_in_spark, text)


def _in_spark(found: re.Match[str]) -> str:
    if found["code"]:
        return _CODES.get(found["code"], found[0])
    return f"'{found[0]}'"  # letters beside codes are literal
