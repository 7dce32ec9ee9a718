"""The schema of JSON records of a stream, found in each batch: ``"inferSchema": "true"``.

The frame of a batch has their text in one column (`payload.INFERRED`), which scripts parse
themselves or leave to ``DynamicFrame.fromDF``, as on AWS.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..columns import quoted
from ..json_schema import Found, with_choices
from .payload import INFERRED

_kept: list[DataFrame] = []


def found(frame: DataFrame) -> Found | None:
    """The records of a batch, as `with_choices` gives them; None of any other frame.

    Columns that a script has added to the batch, such as those of
    ``GlueContext.add_ingestion_time_columns``, are fields of the records.
    """
    if INFERRED not in frame.columns or frame.isStreaming:
        return None
    others = [field for field in frame.schema.fields if field.name != INFERRED]
    text = frame.select(_with_fields([field.name for field in others]).alias("value"))
    records, types, errors, choices = with_choices(frame.sparkSession, text, keep=_kept.append)
    if records.columns:
        for field in others:
            records = records.withColumn(field.name, quoted(field.name).cast(field.dataType))
    return records, types, errors, choices


def _with_fields(names: Sequence[str]) -> Column:
    """The text of a JSON object with more fields in it; what is no object stays as it is."""
    text = quoted(INFERRED)
    if not names:
        return text
    object_ = F.trim(text)
    more = F.substring(F.to_json(F.struct(*map(quoted, names))), 2, 1 << 30)
    begin = F.expr(f"substring(trim(`{INFERRED}`), 1, length(trim(`{INFERRED}`)) - 1)")
    comma = F.when(object_.rlike(r"\A\{\s*\}\z"), "").otherwise(",")
    is_object = object_.startswith("{") & object_.endswith("}")
    return F.when(is_object, F.concat(begin, comma, more)).otherwise(text)


def forget() -> None:
    """Let go of what was kept of the last batch."""
    while _kept:
        _kept.pop().unpersist()
