"""Tables of JDBC databases as sources: whole, in parallel parts, or what is new since the last run.

AWS Glue Developer Guide, "Reading from JDBC tables in parallel" and "Tracking processed data using
job bookmarks" (job bookmark keys). The state of a JDBC source in a bookmark: ``keys``, and
``last``, for each key the kind and the text of its last value. SQL is made of what the script
gives, as on AWS: it may do all that its user may.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from . import bookmark
from .jdbc import Target
from .options import LOG, is_true

Options = Mapping[str, Any]
PARTITIONS = 7
"""What AWS takes where ``hashpartitions`` is not given."""
ROWS_FETCHED = "1000"
"""At once; AWS Glue User Guide, "Debugging OOM exceptions and job abnormalities": dynamic frames
take this where plain Spark has a driver hold the whole result."""


def read(spark: SparkSession, target: Target, given: Options, context: str) -> DataFrame:
    """Read a table or a query.

    Args:
        spark: the session
        target: the database
        given: options by their names in lower case: ``dbtable`` (a table, or a query in
            parentheses with its alias), ``query`` or ``sampleQuery``
        context: the transformation_ctx

    Raises:
        SourceError: the database or its driver says no
        ValueError: an option is missing or not valid
    """
    source = str(given.get("dbtable") or given.get("table") or "")
    query = str(given.get("samplequery") or (not source and given.get("query")) or "")
    if not (source or query):
        raise ValueError('a JDBC source needs the option "dbtable"')
    parts = partitions(target, given)
    with target.used(spark, f"reading {source or 'a query'}"):
        if query:
            return _sample(spark, target, query, parts, given)
        if condition := _new_rows(spark, target, source, given, context):
            source = f"(select * from {source} where {condition}) lake_new"  # noqa: S608 - see above
        return _load(spark, target, source, parts)


def partitions(target: Target, given: Options) -> list[str]:
    """Conditions that part the rows, each row in one; empty: all rows at once.

    Raises:
        ValueError: ``hashpartitions`` is no positive number
    """
    expression = given.get("hashexpression")
    if not expression and given.get("hashfield"):
        expression = target.kind.hashed.format(given["hashfield"])
    if not expression:
        return []
    text = str(given.get("hashpartitions") or PARTITIONS)
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise ValueError(f"hashpartitions {text!r} is not a positive number")
    count = int(text)
    remainder = target.kind.remainder.format(expression, count)
    first = f"({remainder} = 0 or ({expression}) is null)"
    return [first, *(f"{remainder} = {number}" for number in range(1, count))]


def _load(spark: SparkSession, target: Target, source: str, parts: Sequence[str] = ()) -> DataFrame:
    properties = {"fetchsize": ROWS_FETCHED, **target.properties}
    if parts:
        return spark.read.jdbc(target.url, source, predicates=list(parts), properties=properties)
    return spark.read.jdbc(target.url, source, properties=properties)


def _sample(
    spark: SparkSession, target: Target, query: str, parts: Sequence[str], given: Options
) -> DataFrame:
    """``sampleQuery``; in parts, it ends in ``where`` or ``and``, before each part's condition."""
    if not (is_true(given.get("enablepartitioningforsamplequery")) and parts):
        return _load(spark, target, f"({query}) lake_sample")
    if query.split()[-1].lower() not in ("where", "and"):
        raise ValueError(
            "with enablePartitioningForSampleQuery the sampleQuery must end in where or and"
        )
    frames = [_load(spark, target, f"({query} {part}) lake_sample") for part in parts]
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.unionAll(frame)
    return whole


def _new_rows(
    spark: SparkSession, target: Target, source: str, given: Options, context: str
) -> str:
    """The condition of rows that no run has read; "" where all are wanted."""
    keys = given.get("jobbookmarkkeys")
    current = bookmark.current(context)
    if current is None:
        return ""
    if not keys:
        LOG.warning(
            "the JDBC source %s has no jobBookmarkKeys: it is read whole, where AWS takes its "
            "primary key",
            context,
        )
        return ""
    names = [k.strip() for k in keys.split(",")] if isinstance(keys, str) else list(keys)
    descending = str(given.get("jobbookmarkkeyssortorder") or "asc").lower() == "desc"
    before, until = current.positions(context)
    lower = _beyond(target, names, before, descending) if before else ""
    if until:
        bounds = [lower, f"not ({_beyond(target, names, until, descending)})"]
        return " and ".join(f"({each})" for each in bounds if each)
    last = _last(spark, target, source, names, lower, descending)
    if last is None:
        current.remember(context, before)
        return "1 = 0"
    state = {"keys": names, "last": last}
    current.remember(context, state)
    bounds = [lower, f"not ({_beyond(target, names, state, descending)})"]
    return " and ".join(f"({each})" for each in bounds if each)


def _last(
    spark: SparkSession,
    target: Target,
    source: str,
    names: Sequence[str],
    lower: str,
    descending: bool,
) -> list[list[str]] | None:
    """The values of the keys of the last row in their order; None when there is no row."""
    function = "min" if descending else "max"
    conditions = [f"({lower})"] if lower else []
    found: list[list[str]] = []
    for name in names:
        where = f" where {' and '.join(conditions)}" if conditions else ""
        one = f"select {function}({name}) as lake_last from {source}{where}"  # noqa: S608 - see above
        question = f"({one}) lake_question"
        value = _load(spark, target, question).collect()[0][0]
        if value is None:
            return None
        found.append(_kept(value))
        conditions.append(f"{name} = {_literal(target, found[-1])}")
    return found


def _beyond(
    target: Target, names: Sequence[str], state: Mapping[str, Any], descending: bool
) -> str:
    """Rows that come after a state in the order of the keys."""
    if list(state["keys"]) != list(names):
        raise ValueError(
            f"the bookmark was made with jobBookmarkKeys {state['keys']}, not {list(names)}; reset "
            "it with ResetJobBookmark"
        )
    sign = "<" if descending else ">"
    literals = [_literal(target, each) for each in state["last"]]
    ways = []
    for at, name in enumerate(names):
        equal = [f"{n} = {v}" for n, v in zip(names[:at], literals, strict=False)]
        ways.append(" and ".join([*equal, f"{name} {sign} {literals[at]}"]))
    return " or ".join(f"({way})" for way in ways)


def _kept(value: Any) -> list[str]:
    if isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool):
        return ["number", str(value)]
    if isinstance(value, datetime.datetime):
        return ["timestamp", value.strftime("%Y-%m-%d %H:%M:%S.%f")]
    if isinstance(value, datetime.date):
        return ["date", value.isoformat()]
    return ["string", str(value)]


def _literal(target: Target, kept: Sequence[str]) -> str:
    kind, text = kept
    if kind == "number":
        return text
    quoted = "'" + text.replace("'", "''") + "'"
    if target.vendor == "mysql":
        quoted = quoted.replace("\\", "\\\\")
    if kind in ("timestamp", "date") and target.vendor != "sqlserver":
        return f"{kind} {quoted}"
    return quoted
