"""Evaluates a ruleset: one pass over the rows for all rules that ask for aggregates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .checks import dynamic
from .dqdl import Composite, Rule, Ruleset
from .dynamic import Past, judged, settled
from .rules.measure import HELPER, Data, Measure, Outcome, RuleFailedError, Values, not_met
from .rules.table import EVALUATED

ROW_COLUMNS = (
    "DataQualityRulesPass",
    "DataQualityRulesFail",
    "DataQualityRulesSkip",
    "DataQualityEvaluationResult",
)
PASSED, FAILED = "Passed", "Failed"


@dataclass
class _Evaluated:
    """A rule with its result; ``row`` and ``counted`` as in `Measure`."""

    rule: Rule | Composite
    outcome: Outcome
    row: Column | None = None
    counted: Column | None = None


@dataclass
class Evaluation:
    """The results of a ruleset.

    Attributes:
        outcomes: of each rule, in their order
        rows: the data with the columns `ROW_COLUMNS`
    """

    outcomes: list[tuple[Rule | Composite, Outcome]] = field(default_factory=list)
    rows: DataFrame | None = None


def evaluate(
    rules: Ruleset,
    frame: DataFrame,
    sources: Mapping[str, DataFrame],
    *,
    composites_by_row: bool = False,
    past: Past | None = None,
) -> Evaluation:
    """Evaluate the rules of a ruleset (checked by `checks.check`).

    Args:
        rules: the rules
        frame: the data
        sources: other data, by their aliases
        composites_by_row: a composite rule holds when each row meets it
            (``compositeRuleEvaluation.method`` is ``ROW``)
        past: earlier values, for dynamic rules
    """
    data = Data(frame, sources)
    measures: dict[int, Measure | Outcome] = {}
    for rule in _flat(rules.rules):
        measures[id(rule)] = _measured(rule, data, past or {})
    composites = [r for r in rules.rules if isinstance(r, Composite)] if composites_by_row else []
    for composite in composites:
        measures[id(composite)] = _composite_measure(composite, measures)
    found = _judged(measures, data)
    evaluated = [_result(rule, measures, found) for rule in rules.rules]
    return Evaluation(
        [(each.rule, each.outcome) for each in evaluated], _with_outcomes(data, evaluated)
    )


def _flat(rules: Sequence[Rule | Composite]) -> list[Rule]:
    return [
        each for rule in rules for each in ([rule] if isinstance(rule, Rule) else _flat(rule.rules))
    ]


def _measured(rule: Rule, data: Data, past: Past) -> Measure | Outcome:
    """What a rule asks; a dynamic one is judged by earlier values of what it measures."""
    if not dynamic(rule.condition):
        return _measure(rule, data)
    measure = _measure(settled(rule), data)
    if isinstance(measure, Outcome):
        return measure

    def judge(values: Values) -> Outcome:
        return judged(rule, measure.judge(values), values, data, past)

    return replace(measure, judge=judge)


def _measure(rule: Rule, data: Data) -> Measure | Outcome:
    builder, _ = EVALUATED[rule.kind]
    try:
        measure = builder(rule, data)
        data.frame.agg(F.count(F.lit(1)), *measure.aggregates.values())  # analysed, not run
    except (RuleFailedError, ValueError) as e:
        return Outcome(False, {}, str(e))
    except PySparkException as e:
        return Outcome(False, {}, str(e).splitlines()[0])
    return measure


def _judged(measures: Mapping[int, Measure | Outcome], data: Data) -> dict[int, Outcome]:
    asked = {key: each for key, each in measures.items() if isinstance(each, Measure)}
    answers = _answers(list(asked.items()), data)
    found = {key: each for key, each in measures.items() if isinstance(each, Outcome)}
    for key, measure in asked.items():
        values = answers[key]
        if isinstance(values, Outcome):
            found[key] = values
            continue
        try:
            found[key] = measure.judge(values)
        except (RuleFailedError, ValueError) as e:
            found[key] = Outcome(False, {}, str(e))
    return found


def _answers(asked: Sequence[tuple[int, Measure]], data: Data) -> dict[int, Any]:
    """The values that measures ask for, by their keys; or why there are none."""
    columns = [
        column.alias(f"{key}.{name}")
        for key, measure in asked
        for name, column in measure.aggregates.items()
    ]
    if not columns:
        return {key: {} for key, _ in asked}
    try:
        row = data.frame.agg(*columns).collect()[0].asDict()
    except PySparkException as e:
        if len(asked) == 1:
            return {asked[0][0]: Outcome(False, {}, str(e).splitlines()[0])}
        # One of them fails: each alone then, so that the others have their result.
        alone = [_answers([each], data) for each in asked]
        return {key: values for each in alone for key, values in each.items()}
    return {
        key: {name: row[f"{key}.{name}"] for name in measure.aggregates} for key, measure in asked
    }


def _composite_measure(rule: Composite, measures: Mapping[int, Any]) -> Measure | Outcome:
    """A composite rule as one of rows; where it holds no such, its rules decide."""
    row, _ = _joined_rows(rule, measures)
    if row is None:
        return Outcome(False)  # `_result` looks at its rules
    asked = {"met": F.count(F.when(row, F.lit(1))), "rows": F.count(F.lit(1))}

    def judge(values: Mapping[str, Any]) -> Outcome:
        part = values["met"] / values["rows"] if values["rows"] else 1.0
        return Outcome(part == 1.0, {}, None if part == 1.0 else not_met(part))

    return Measure(asked, judge, row)


def _joined_rows(rule: Rule | Composite, measures: Mapping[int, Any]) -> tuple[Any, Any]:
    """Whether a row meets a rule, and whether it is looked at; None where that is not said."""
    if isinstance(rule, Rule):
        measure = measures[id(rule)]
        if not isinstance(measure, Measure) or measure.row is None:
            return None, None
        return F.coalesce(measure.row, F.lit(False)), measure.counted
    rows = [_joined_rows(each, measures)[0] for each in rule.rules]
    if any(row is None for row in rows):
        return None, None
    found = rows[0]
    for row in rows[1:]:
        found = found & row if rule.operator == "and" else found | row
    return found, None


def _result(
    rule: Rule | Composite, measures: Mapping[int, Any], found: Mapping[int, Outcome]
) -> _Evaluated:
    row, counted = _joined_rows(rule, measures)
    if isinstance(rule, Rule):
        return _Evaluated(rule, found[id(rule)], row, counted)
    by_rules = _combined(rule, found)
    if id(rule) in measures and row is not None:
        by_row = found[id(rule)]
        return _Evaluated(rule, Outcome(by_row.passed, by_rules.metrics, by_row.reason), row)
    return _Evaluated(rule, by_rules, row, counted)


def _combined(rule: Rule | Composite, found: Mapping[int, Outcome]) -> Outcome:
    if isinstance(rule, Rule):
        return found[id(rule)]
    parts = [_combined(each, found) for each in rule.rules]
    passed = (all if rule.operator == "and" else any)(part.passed for part in parts)
    metrics = {name: value for part in parts for name, value in part.metrics.items()}
    reasons = [part.reason for part in parts if part.reason]
    return Outcome(passed, metrics, None if passed else "\n".join(reasons))


def _with_outcomes(data: Data, evaluated: Sequence[_Evaluated]) -> DataFrame:
    """The rows, each with the rules that it meets, does not meet, and is not looked at by."""
    met, unmet, skipped = [], [], []
    for each in evaluated:
        text = F.lit(each.rule.text)
        if each.row is None:
            skipped.append(text)
            continue
        looked = F.lit(True) if each.counted is None else each.counted
        met.append(F.when(looked & each.row, text))
        unmet.append(F.when(looked & ~each.row, text))
        skipped.append(F.when(~looked, text))
    frame = data.frame
    for name, texts in zip(ROW_COLUMNS, (met, unmet, skipped), strict=False):
        listed = F.array_compact(F.array(*texts)) if texts else F.array().cast("array<string>")
        frame = frame.withColumn(name, listed)
    failed = F.size(F.col(ROW_COLUMNS[1])) > 0
    frame = frame.withColumn(ROW_COLUMNS[3], F.when(failed, FAILED).otherwise(PASSED))
    return frame.drop(*(name for name in frame.columns if name.startswith(HELPER)))
