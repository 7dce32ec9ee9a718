"""Rules that compare data with other data (``additional_data_sources``)."""

from __future__ import annotations

import re

from awsglue.columns import quoted
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from ..dqdl.model import Rule
from .columns import EXACTLY_ALL, condition_of
from .dataset import joined, settled
from .measure import Data, Measure, Outcome, RuleFailedError, Values, number_of, rows, share

_AGGREGATE = re.compile(r"\s*(?:(?P<alias>\w+)\.)?(?P<function>avg|sum)\((?P<column>[^()]+)\)\s*")


def row_count_match(rule: Rule, data: Data) -> Measure:
    """RowCountMatch: the rows by those of a reference."""
    alias = rule.parameters[0]
    condition, other = condition_of(rule, EXACTLY_ALL), float(data.source(alias).count())

    def judge(values: Values) -> Outcome:
        ratio = _divided(float(values["rows"]), other)
        return Outcome.of(condition.holds(ratio), {f"Dataset.{alias}.RowCountMatch": ratio}, ratio)

    return Measure({"rows": rows(None)}, judge)


def schema_match(rule: Rule, data: Data) -> Measure:
    """SchemaMatch: the columns whose name and type are in a reference, without regard to case."""
    alias = rule.parameters[0]
    own, theirs = _schema(data.original), _schema(data.source(alias))
    ratio = len(own & theirs) / max(len(own), len(theirs), 1)
    holds = condition_of(rule, EXACTLY_ALL).holds(ratio)
    return settled(Outcome.of(holds, {f"Dataset.{alias}.SchemaMatch": ratio}, ratio))


def _schema(frame: DataFrame) -> set[tuple[str, str]]:
    return {(field.name.lower(), field.dataType.simpleString()) for field in frame.schema}


def aggregate_match(rule: Rule, data: Data) -> Measure:
    """AggregateMatch: a sum or average by another."""
    (one, first), (other, second) = (_aggregate(text, data) for text in rule.parameters[:2])
    ratio = _divided(first, second)
    name = one if one == other else f"{one},{other}"
    holds = condition_of(rule, EXACTLY_ALL).holds(ratio)
    return settled(Outcome.of(holds, {f"Column.{name}.AggregateMatch": ratio}, ratio))


def _aggregate(text: str, data: Data) -> tuple[str, float]:
    found = _AGGREGATE.fullmatch(text)
    if found is None:
        raise RuleFailedError(f"AggregateMatch knows avg(column) and sum(column), not {text}")
    name = found["column"].strip()
    alias, dot, rest = name.partition(".")  # sum(reference.column) as well as reference.sum(column)
    if dot and alias in (*data.sources, "primary"):
        name = rest
    else:
        alias = found["alias"] or "primary"
    function = F.avg if found["function"] == "avg" else F.sum
    value = data.source(alias).agg(function(quoted(name).cast("double"))).collect()[0][0]
    return name, value or 0.0


def _divided(one: float, other: float) -> float:
    if not other:
        return 0.0 if one else 1.0
    return one / other


def referential_integrity(rule: Rule, data: Data) -> Measure:
    """ReferentialIntegrity: the rows whose values occur in columns of a reference."""
    own = _names(rule.parameters[0])
    alias, _, theirs = rule.parameters[1].partition(".")
    others = _names(theirs.strip().removeprefix("{").removesuffix("}"))
    if len(own) != len(others):
        raise RuleFailedError("ReferentialIntegrity needs as many columns of the reference")
    names = dict(zip(own, others, strict=True))
    row = joined(data, ("reference", rule.text), data.source(alias), names)
    return _share(rule, data, f"Column.{alias}.ReferentialIntegrity", row)


def dataset_match(rule: Rule, data: Data) -> Measure:
    """DatasetMatch: the rows that a reference has, found by keys, equal in other columns."""
    alias, keys = rule.parameters[0], _mapping(rule.parameters[1])
    if len(rule.parameters) > 2:
        compared = _mapping(rule.parameters[2])
    else:
        compared = {n: n for n in data.original.columns if n not in keys}
    row = joined(data, ("dataset", rule.text), data.source(alias), {**keys, **compared})
    return _share(rule, data, f"Dataset.{alias}.DatasetMatch", row)


def _share(rule: Rule, data: Data, metric: str, row: Column) -> Measure:
    condition, counted = condition_of(rule, EXACTLY_ALL), data.counted(rule)

    def judge(values: Values) -> Outcome:
        part = share(values["met"], values["rows"])
        return Outcome.of(condition.holds(part), {metric: part}, part)

    asked = {"met": number_of(counted, row), "rows": rows(counted)}
    return Measure(asked, judge, row, counted)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _mapping(text: str) -> dict[str, str]:
    """``ID->ref_ID,name``: columns of a reference by those of the rows."""
    pairs = (name.partition("->") for name in _names(text))
    return {own.strip(): (other or own).strip() for own, _, other in pairs}
