"""`GlueContext.add_ingestion_time_columns`: columns that say when records came.

AWS Glue Developer Guide, "GlueContext class": with the granularity ``hour`` a frame gets
``ingest_year``, ``ingest_month``, ``ingest_day`` and ``ingest_hour``.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

_PARTS = {
    "year": F.year,
    "month": F.month,
    "day": F.dayofmonth,
    "hour": F.hour,
    "minute": F.minute,
}
_GRANULARITIES = ("day", "hour", "minute")


def with_ingestion_time(frame: DataFrame, granularity: str) -> DataFrame:
    """The records with the time of now, down to a granularity; without one down to minutes.

    Raises:
        ValueError: there is no such granularity
    """
    finest = granularity.lower() or "minute"
    if finest not in _GRANULARITIES:
        raise ValueError(
            f"timeGranularity={granularity!r}; expected one of {', '.join(_GRANULARITIES)}"
        )
    names = list(_PARTS)
    for name in names[: names.index(finest) + 1]:
        frame = frame.withColumn(f"ingest_{name}", _PARTS[name](F.current_timestamp()))
    return frame
