"""Steps of dates and times.

AWS Glue DataBrew Developer Guide, DATE_DIFF.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .columns import column

_MICROSECONDS: Mapping[str, int] = {
    "MICROSECONDS": 1,
    "MILLISECONDS": 1_000,
    "SECONDS": 1_000_000,
    "MINUTES": 60_000_000,
    "HOURS": 3_600_000_000,
    "DAYS": 86_400_000_000,
    "WEEKS": 604_800_000_000,
}
_MONTHS: Mapping[str, int] = {"MONTHS": 1, "QUARTERS": 3, "YEARS": 12}


def date_diff(
    frame: DataFrame,
    target_column: str,
    units: str,
    source_column1: str | None = None,
    source_column2: str | None = None,
    value1: str | None = None,
    value2: str | None = None,
) -> DataFrame:
    """DATE_DIFF: a column with the whole units from the first moment to the second (our guess).

    Args:
        frame: the rows
        target_column: the new column
        units: ``MICROSECONDS`` to ``YEARS``
        source_column1: the first moment, or
        source_column2: the second, or
        value1: the first as a text
        value2: the second as a text

    Raises:
        ValueError: `units` is not known, or a moment is not given
    """
    first, second = (
        _moment(frame, column_, value, at)
        for at, column_, value in ((1, source_column1, value1), (2, source_column2, value2))
    )
    if units in _MONTHS:
        number = F.months_between(second, first) / _MONTHS[units]
    elif units in _MICROSECONDS:
        number = (F.unix_micros(second) - F.unix_micros(first)) / _MICROSECONDS[units]
    else:
        valid = ", ".join([*_MICROSECONDS, *_MONTHS])
        raise ValueError(f"units {units!r} is not one of {valid}")
    whole = F.when(number < 0, F.ceil(number)).otherwise(F.floor(number))
    return frame.withColumn(target_column, whole.cast("bigint"))


def _moment(frame: DataFrame, name: str | None, value: str | None, at: int) -> Column:
    if name is not None:
        return column(frame, name).cast("timestamp")
    if value is None:
        raise ValueError(f"DateDiff needs source_column{at} or value{at}")
    return F.lit(value).cast("timestamp")
