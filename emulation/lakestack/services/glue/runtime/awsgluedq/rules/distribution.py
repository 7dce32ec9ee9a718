"""Rules on how the values of columns are distributed, and on their statistics."""

from __future__ import annotations

import math

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..dqdl.model import Rule
from .columns import EXACTLY_ALL, condition_of
from .measure import Data, Measure, Outcome, Values, number_of, rows, share, within
from .predicates import number


def uniqueness(rule: Rule, data: Data) -> Measure:
    """Uniqueness, and IsUnique, which is Uniqueness of 1: the share of values that occur once."""
    condition = condition_of(rule, EXACTLY_ALL if rule.kind == "IsUnique" else None)
    once, known = _once(rule, data), _known(rule, data)
    counted, metric = data.counted(rule), _metric(rule, "Uniqueness")

    def judge(values: Values) -> Outcome:
        part = share(values["once"], values["known"])
        return Outcome.of(condition.holds(part), {metric: part}, part)

    asked = {"once": number_of(counted, known & once), "known": number_of(counted, known)}
    return Measure(asked, judge, once, counted)


def primary_key(rule: Rule, data: Data) -> Measure:
    """IsPrimaryKey: the values of one or several columns are set and occur once."""
    once, counted = _once(rule, data), data.counted(rule)
    complete = F.lit(True)
    for name in rule.parameters:
        complete = complete & data.column(name).isNotNull()

    def judge(values: Values) -> Outcome:
        unique = share(values["once"], values["rows"])
        metrics = {_metric(rule, "Uniqueness"): unique}
        parts = [share(values[f"set{at}"], values["rows"]) for at in range(len(rule.parameters))]
        metrics.update(
            {f"Column.{n}.Completeness": p for n, p in zip(rule.parameters, parts, strict=True)}
        )
        passed = unique == 1.0 and all(part == 1.0 for part in parts)
        return Outcome.of(passed, metrics, min([unique, *parts]))

    asked = {"once": number_of(counted, once), "rows": rows(counted)}
    for at, name in enumerate(rule.parameters):
        asked[f"set{at}"] = number_of(counted, data.column(name).isNotNull())
    return Measure(asked, judge, once & complete, counted)


def unique_value_ratio(rule: Rule, data: Data) -> Measure:
    """UniqueValueRatio: of the different values, those that occur once."""
    condition, once, known = condition_of(rule), _once(rule, data), _known(rule, data)
    counted, metric = data.counted(rule), _metric(rule, "UniqueValueRatio")
    different = F.count_distinct(*(within(counted, data.column(n)) for n in rule.parameters))

    def judge(values: Values) -> Outcome:
        part = share(values["once"], values["different"])
        return Outcome.of(condition.holds(part), {metric: part}, part)

    asked = {"once": number_of(counted, known & once), "different": different}
    return Measure(asked, judge, once, counted)


def distinct_values_count(rule: Rule, data: Data) -> Measure:
    """DistinctValuesCount."""
    value = within(data.counted(rule), data.column(rule.parameters[0]))
    return _statistic(rule, F.count_distinct(value), _metric(rule, "DistinctValuesCount"))


def entropy(rule: Rule, data: Data) -> Measure:
    """Entropy, in nats: the logarithm of all rows less that of equal ones, averaged."""
    counted, known = data.counted(rule), _known(rule, data)
    logarithm = F.when(known, F.log(data.occurrences(rule.parameters, rule).cast("double")))
    condition, metric = condition_of(rule), _metric(rule, "Entropy")

    def judge(values: Values) -> Outcome:
        if values["mean"] is None:
            return _empty(rule)
        value = math.log(values["known"]) - values["mean"]
        return Outcome.of(condition.holds(value), {metric: value}, value)

    asked = {"mean": F.avg(within(counted, logarithm)), "known": number_of(counted, known)}
    return Measure(asked, judge)


def mean(rule: Rule, data: Data) -> Measure:
    """Mean."""
    return _statistic(rule, F.avg(_numbers(rule, data)), _metric(rule, "Mean"))


def total(rule: Rule, data: Data) -> Measure:
    """Sum."""
    return _statistic(rule, F.sum(_numbers(rule, data)), _metric(rule, "Sum"))


def standard_deviation(rule: Rule, data: Data) -> Measure:
    """StandardDeviation, of the population."""
    deviation = F.stddev_pop(_numbers(rule, data))
    return _statistic(rule, deviation, _metric(rule, "StandardDeviation"))


def correlation(rule: Rule, data: Data) -> Measure:
    """ColumnCorrelation, by Pearson."""
    one, other = (_numbers(rule, data, at) for at in (0, 1))
    metric = f"Multicolumn.{','.join(rule.parameters[:2])}.ColumnCorrelation"
    return _statistic(rule, F.corr(one, other), metric)


def _statistic(rule: Rule, value: Column, metric: str) -> Measure:
    condition = condition_of(rule)

    def judge(values: Values) -> Outcome:
        if values["value"] is None:
            return _empty(rule)
        found = float(values["value"])
        return Outcome.of(condition.holds(found), {metric: found}, found)

    return Measure({"value": value}, judge)


def _empty(rule: Rule) -> Outcome:
    names = ",".join(rule.parameters)
    reason = f"Empty state for analyzer {rule.kind}({names}), all input values were NULL."
    return Outcome(False, {}, reason)


def _numbers(rule: Rule, data: Data, at: int = 0) -> Column:
    name = rule.parameters[at]
    return within(data.counted(rule), number(data.column(name), data.type(name)))


def _once(rule: Rule, data: Data) -> Column:
    return data.occurrences(rule.parameters, rule) == 1


def _known(rule: Rule, data: Data) -> Column:
    """Rows with a value in one of the columns: others are no value that could be unique."""
    known = F.lit(False)
    for name in rule.parameters:
        known = known | data.column(name).isNotNull()
    return known


def _metric(rule: Rule, what: str) -> str:
    several = len(rule.parameters) > 1
    return f"{'Multicolumn' if several else 'Column'}.{','.join(rule.parameters)}.{what}"
