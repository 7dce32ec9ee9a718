"""Rules on the values of a column, row by row."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..dqdl.model import Amount, Condition, Number, Rule, Text
from .measure import (
    Data,
    Measure,
    Outcome,
    RuleFailedError,
    Values,
    not_met,
    number_of,
    rows,
    share,
    within,
)
from .predicates import meets, number, of_numbers

EXACTLY_ALL = Condition("=", (Number(1.0),))


def condition_of(rule: Rule, default: Condition | None = None) -> Condition:
    """The condition of a rule.

    Raises:
        RuleFailedError: it has none and needs one
    """
    found = rule.condition or default
    if found is None:
        raise RuleFailedError(f"{rule.kind} needs an expression, such as > 0.9")
    return found


def compliance(rule: Rule, data: Data, metric: str, row: Column) -> Measure:
    """A rule that each row meets or not: all must, or the share that its threshold says."""
    counted = data.counted(rule)

    def judge(values: Values) -> Outcome:
        part = share(values["met"], values["rows"])
        metrics = {metric: part}
        if rule.threshold:
            passed = rule.threshold.holds(part)
            return Outcome(passed, metrics, None if passed else of_threshold(part))
        return Outcome.of(part == 1.0, metrics, part)

    asked = {"met": number_of(counted, row), "rows": rows(counted)}
    return Measure(asked, judge, row, counted)


def of_threshold(part: float) -> str:
    """The reason of a share of rows that is too small or too large."""
    return f"{100 * part:.2f} % of rows passed the threshold"


def column_values(rule: Rule, data: Data) -> Measure:
    """ColumnValues."""
    name, condition = rule.parameters[0], condition_of(rule)
    value, kind = data.column(name), data.type(name)
    row = F.coalesce(meets(value, kind, condition), F.lit(False))
    base = f"Column.{name}"
    nulls = {"null": number_of(data.counted(rule), value.isNull())}
    if rule.threshold or not of_numbers(condition):
        measure = compliance(rule, data, f"{base}.ColumnValues.Compliance", row)
        judge = measure.judge
    else:
        measure = compliance(rule, data, base, row)
        judge = _by_extremes(condition, base)
        numbers = within(data.counted(rule), number(value, kind))
        nulls |= {"least": F.min(numbers), "most": F.max(numbers)}
    asked = {**measure.aggregates, **nulls}
    return Measure(asked, _null_first(judge, rule), row, measure.counted)


def _by_extremes(condition: Condition, base: str) -> Any:
    def judge(values: Values) -> Outcome:
        extremes = []
        if condition.operator not in ("<", "<="):
            extremes.append(("Minimum", values["least"]))
        if condition.operator not in (">", ">="):
            extremes.append(("Maximum", values["most"]))
        metrics = {f"{base}.{which}": value for which, value in extremes if value is not None}
        passed = values["met"] == values["rows"]
        wrong = [v for _, v in extremes if v is not None and not condition.holds(v)]
        return Outcome.of(passed, metrics, wrong[0] if wrong else None)

    return judge


def _null_first(judge: Any, rule: Rule) -> Any:
    """A value that is null is the reason that AWS names before others."""

    def judged(values: Values) -> Outcome:
        found: Outcome = judge(values)
        operator = rule.condition.operator if rule.condition else ""
        forgiving = operator == "!=" or (rule.condition is not None and rule.condition.negated)
        if found.passed or not values["null"] or forgiving or rule.threshold:
            return found
        return Outcome(False, found.metrics, not_met(None))

    return judged


def column_length(rule: Rule, data: Data) -> Measure:
    """ColumnLength: null is as long as an empty text."""
    name, condition = rule.parameters[0], condition_of(rule)
    length = F.length(F.coalesce(data.column(name).cast("string"), F.lit("")))
    row, counted = meets(length, "int", condition), data.counted(rule)

    def judge(values: Values) -> Outcome:
        if not values["rows"]:
            return Outcome(True)
        least, most = float(values["least"]), float(values["most"])
        metrics = {f"Column.{name}.MinimumLength": least, f"Column.{name}.MaximumLength": most}
        part = share(values["met"], values["rows"])
        if rule.threshold:
            passed = rule.threshold.holds(part)
            return Outcome(passed, metrics, None if passed else of_threshold(part))
        wrong = most if condition.holds(least) else least
        return Outcome.of(part == 1.0, metrics, wrong)

    kept = within(counted, length)
    asked = {
        "met": number_of(counted, row),
        "rows": rows(counted),
        "least": F.min(kept),
        "most": F.max(kept),
    }
    return Measure(asked, judge, row, counted)


def completeness(rule: Rule, data: Data) -> Measure:
    """Completeness, and IsComplete, which is Completeness of 1."""
    name = rule.parameters[0]
    default = EXACTLY_ALL if rule.kind == "IsComplete" else None
    return _ratio(rule, data, f"Column.{name}.Completeness", data.column(name).isNotNull(), default)


def _ratio(rule: Rule, data: Data, metric: str, row: Column, default: Condition | None) -> Measure:
    condition, counted = condition_of(rule, default), data.counted(rule)

    def judge(values: Values) -> Outcome:
        part = share(values["met"], values["rows"])
        return Outcome.of(condition.holds(part), {metric: part}, part)

    asked = {"met": number_of(counted, row), "rows": rows(counted)}
    return Measure(asked, judge, row, counted)


_TYPES = {
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "integer": "int",
    "double": "double",
    "float": "float",
    "long": "bigint",
}


def column_data_type(rule: Rule, data: Data) -> Measure:
    """ColumnDataType: whether values can be cast to a type; null is of none."""
    name, condition = rule.parameters[0], condition_of(rule)
    wanted = [each.value.lower() for each in condition.operands if isinstance(each, Text)]
    if not wanted or condition.operator not in ("=", "!=", "in") or not set(wanted) <= set(_TYPES):
        raise RuleFailedError(f"ColumnDataType knows {', '.join(map(str.upper, _TYPES))}")
    value = data.column(name)
    row = F.lit(False)
    for each in wanted:
        row = row | _castable(value, data.type(name), _TYPES[each])
    negated = condition.negated or condition.operator == "!="
    row = ~row if negated else row
    return compliance(rule, data, f"Column.{name}.ColumnDataType.Compliance", row)


def _castable(value: Column, kind: str, wanted: str) -> Column:
    if kind == wanted:
        return value.isNotNull()
    cast = value.cast("string").cast(wanted)
    if wanted in ("int", "bigint"):  # a cast leaves fractions and what is too large out
        whole = value.cast("string").rlike(r"\A\s*[+-]?[0-9]+\s*\z")
        return F.coalesce(whole & cast.isNotNull(), F.lit(False))
    return cast.isNotNull()


def data_freshness(rule: Rule, data: Data) -> Measure:
    """DataFreshness: the time since the values of a column."""
    name, condition = rule.parameters[0], condition_of(rule)
    if not all(isinstance(each, Amount) and each.kind == "duration" for each in condition.operands):
        raise RuleFailedError("DataFreshness compares with days, hours or minutes")
    seconds = [each.value for each in condition.operands if isinstance(each, Amount)]
    moment = data.column(name).cast("timestamp")
    age = F.current_timestamp().cast("double") - moment.cast("double")
    plain = Condition(condition.operator, tuple(map(Number, seconds)), condition.negated)
    row = F.coalesce(meets(age, "double", plain), F.lit(False))
    measure = compliance(rule, data, f"Column.{name}.DataFreshness.Compliance", row)

    def judge(values: Values) -> Outcome:
        found = measure.judge(values)
        part = share(values["met"], values["rows"])
        return Outcome(found.passed, found.metrics, None if found.passed else of_threshold(part))

    return Measure(measure.aggregates, judge, row, measure.counted)
