"""The schema of JSON records of a stream, found in each batch: ``"inferSchema": "true"``.

The frame of a batch has their text in one column (`kinesis.INFERRED`), which scripts parse
themselves or leave to ``DynamicFrame.fromDF``, as on AWS.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..json_schema import Found, with_choices
from .kinesis import INFERRED

_kept: list[DataFrame] = []


def found(frame: DataFrame) -> Found | None:
    """The records of a batch, as `with_choices` gives them; None of any other frame."""
    if frame.columns != [INFERRED] or frame.isStreaming:
        return None
    text = frame.select(F.col(f"`{INFERRED}`").alias("value"))
    return with_choices(frame.sparkSession, text, keep=_kept.append)


def forget() -> None:
    """Let go of what was kept of the last batch."""
    while _kept:
        _kept.pop().unpersist()
