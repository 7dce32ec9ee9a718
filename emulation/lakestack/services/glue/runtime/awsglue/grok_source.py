"""Log files of format grokLog: each line is a record, its fields found by a grok pattern.

AWS Glue Developer Guide, "Using the grokLog format in AWS Glue". Spark finds them, with Java's
regular expressions, as on AWS. A line in which the pattern does not fit is an error record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.errors import IllegalArgumentException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .errors import UnsupportedApiError
from .grok import Field, compiled
from .json_source import text_of

MISSING = "-"
"""What stands for no value, where the option ``MISSING`` says nothing."""


def read(
    spark: SparkSession, paths: Sequence[str], given: Mapping[str, object]
) -> tuple[DataFrame, dict[str, str], DataFrame]:
    """The records as texts, the types of their fields, and the lines that are no records.

    Args:
        given: format options in lower case

    Raises:
        UnsupportedApiError: records of several lines
        ValueError: there is no ``logFormat``, or it is no pattern
    """
    if not given.get("logformat"):
        raise ValueError('format grokLog needs format_options={"logFormat": "%{…:field} …"}')
    if str(given.get("linecount") or "1") != "1":
        raise UnsupportedApiError("option 'LineCount' of format grokLog other than 1")
    grok = compiled(str(given["logformat"]), str(given.get("custompatterns") or ""))
    try:
        getattr(spark, "_jvm").java.util.regex.Pattern.compile(grok.pattern)  # noqa: B009
    except IllegalArgumentException as e:
        raise ValueError(f"logFormat and customPatterns are no regular expression: {e}") from e
    missing = str(given.get("missing") or MISSING)
    lines = text_of(spark, list(paths))
    fits = F.col("value").rlike(grok.pattern)
    records = lines.where(fits).select(*(_value(f, grok.pattern, missing) for f in grok.fields))
    types = {field.name: field.kind for field in grok.fields if field.kind != "string"}
    return records, types, lines.where(~fits).select(F.col("value").alias("error"), "file")


def _value(field: Field, pattern: str, missing: str) -> Column:
    """A field's text; null where it is empty, or what stands for no value."""
    texts = [F.regexp_extract("value", pattern, number) for number in field.groups]
    some = [F.when(~text.isin("", missing), text) for text in texts]
    return F.coalesce(*some).alias(field.name)
