"""Rules on data as a whole, and on what SQL says of them."""

from __future__ import annotations

from typing import Any

from awsglue.columns import quoted
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..dqdl.model import Condition, Rule, Text
from .columns import compliance, condition_of
from .measure import Data, Measure, Outcome, RuleFailedError, Values, rows

PRIMARY = "primary"
"""What SQL calls the data that are evaluated."""


def row_count(rule: Rule, data: Data) -> Measure:
    """RowCount."""
    condition = condition_of(rule)

    def judge(values: Values) -> Outcome:
        count = float(values["rows"])
        return Outcome.of(condition.holds(count), {"Dataset.*.RowCount": count}, count)

    return Measure({"rows": rows(data.counted(rule))}, judge)


def column_count(rule: Rule, data: Data) -> Measure:
    """ColumnCount."""
    count = float(len(data.original.columns))
    holds = condition_of(rule).holds(count)
    return settled(Outcome.of(holds, {"Dataset.*.ColumnCount": count}, count))


def column_exists(rule: Rule, data: Data) -> Measure:
    """ColumnExists."""
    try:
        data.name(rule.parameters[0])
    except RuleFailedError as e:
        return settled(Outcome(False, {}, str(e)))
    return settled(Outcome(True))


def column_names_match(rule: Rule, data: Data) -> Measure:
    """ColumnNamesMatchPattern: the names as a whole, by a regular expression of Java."""
    pattern = rule.parameters[0] if rule.parameters else _pattern(rule.condition)
    jvm: Any = data.original.sparkSession._jvm
    matches = jvm.java.util.regex.Pattern.matches
    names = data.original.columns
    wrong = [name for name in names if not matches(pattern, name)]
    ratio = (len(names) - len(wrong)) / len(names) if names else 1.0
    reason = f"Columns that do not match the pattern: {', '.join(wrong)}" if wrong else None
    metrics = {"Dataset.*.ColumnNamesPatternMatchRatio": ratio}
    return settled(Outcome(not wrong, metrics, reason))


def _pattern(condition: Condition | None) -> str:
    if condition and condition.operands and isinstance(condition.operands[0], Text):
        return condition.operands[0].value
    raise RuleFailedError("ColumnNamesMatchPattern needs a pattern in quotes")


def custom_sql(rule: Rule, data: Data) -> Measure:
    """CustomSql: a number that meets a condition, or else the rows that pass.

    The rows that a statement returns are found again by the columns that it returns of the data.

    Raises:
        RuleFailedError: the statement fails, or returns nothing that can be found again
    """
    for alias, frame in ((PRIMARY, data.original), *data.sources.items()):
        frame.createOrReplaceTempView(alias)
    try:
        found = data.original.sparkSession.sql(rule.parameters[0])
        if rule.condition:
            return _sql_number(rule.condition, found)
    except PySparkException as e:
        raise RuleFailedError(str(e).splitlines()[0]) from e
    known = {name.lower() for name in data.original.columns}
    names = [name for name in found.columns if name.lower() in known]
    if not names:
        raise RuleFailedError(
            "The output from CustomSQL must contain at least one column that matches the input "
            "dataset for AWS Glue Data Quality to provide row level results"
        )
    row = joined(data, ("sql", rule.parameters[0]), found, {name: name for name in names})
    return compliance(rule, data, "Dataset.*.CustomSQL.Compliance", row)


def _sql_number(condition: Condition, found: DataFrame) -> Measure:
    first = found.head()
    value = first[0] if first is not None and len(first) else None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise RuleFailedError(f"CustomSql returned {value!r}, which is no number") from None
    metrics = {"Dataset.*.CustomSQL": number}
    return settled(Outcome.of(condition.holds(number), metrics, number))


def joined(data: Data, key: object, other: DataFrame, names: dict[str, str]) -> Any:
    """Whether other data have a row with the same values (null equals null).

    Args:
        key: names the helper
        other: the other data
        names: their columns by those of the rows
    """

    def change(frame: DataFrame, helper: str) -> DataFrame:
        renamed = [
            quoted(theirs).alias(f"{helper}_{at}") for at, theirs in enumerate(names.values())
        ]
        wanted = other.select(*renamed).distinct().withColumn(helper, F.lit(True))
        condition = F.lit(True)
        for at, own in enumerate(names):
            condition = condition & data.column(own).eqNullSafe(F.col(f"{helper}_{at}"))
        both = frame.join(wanted, condition, "left")
        return both.drop(*(f"{helper}_{at}" for at in range(len(names))))

    return F.coalesce(data.helper(key, change), F.lit(False))


def settled(outcome: Outcome) -> Measure:
    """A rule whose result is known without the rows."""
    return Measure({}, lambda _values: outcome)
