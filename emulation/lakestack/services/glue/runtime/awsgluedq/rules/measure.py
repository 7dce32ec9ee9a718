"""What a rule asks of the data, and what it says of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsglue.columns import quoted
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.window import Window

from ..dqdl.model import Rule

HELPER = "__dq_"
"""How the names of columns begin that rules add to the data."""

Values = Mapping[str, Any]


class RuleFailedError(Exception):
    """A rule cannot be evaluated on these data; the text becomes its FailureReason."""


@dataclass(frozen=True)
class Outcome:
    """The result of a rule.

    Attributes:
        passed: whether it holds
        metrics: by AWS's names
        reason: why it does not hold
        evaluated: of a dynamic rule, with the values that it was compared with
    """

    passed: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None
    evaluated: str = ""

    @classmethod
    def of(cls, passed: bool, metrics: Mapping[str, float], value: Any) -> Outcome:
        """A result whose reason names the value that does not meet the rule."""
        return cls(passed, metrics, None if passed else not_met(value))


def not_met(value: Any) -> str:
    """The reason of a value that is not what a rule wants."""
    return f"Value: {'NULL' if value is None else value} does not meet the constraint requirement!"


@dataclass(frozen=True)
class Measure:
    """What a rule asks.

    Attributes:
        aggregates: over all rows, by names of the rule's own
        judge: what it says of their values
        row: whether a row meets it (null: no); None: it says nothing of rows
        counted: whether a row is looked at (``where``); None: each is
    """

    aggregates: Mapping[str, Column]
    judge: Callable[[Values], Outcome]
    row: Column | None = None
    counted: Column | None = None


class Data:
    """The rows that rules look at, with the columns that they add.

    Args:
        frame: the rows
        sources: other data, by their aliases
    """

    def __init__(self, frame: DataFrame, sources: Mapping[str, DataFrame]) -> None:
        self.original = frame
        self.frame = frame
        self.sources = sources
        self._helpers: dict[object, str] = {}

    def column(self, name: str) -> Column:
        """A column of the rows.

        Raises:
            RuleFailedError: there is none
        """
        found: Column = quoted(self.name(name))
        return found

    def name(self, name: str) -> str:
        """The name of a column as the rows have it; it is found without regard to case."""
        for known in self.original.columns:
            if known.lower() == name.lower():
                return known
        raise RuleFailedError(f"Input data does not include column {name}!")

    def type(self, name: str) -> str:
        """The type of a column in Spark's words."""
        return self.original.schema[self.name(name)].dataType.simpleString()

    def source(self, alias: str) -> DataFrame:
        """Other data.

        Raises:
            RuleFailedError: there are none of this alias
        """
        if alias == "primary":
            return self.original
        if alias not in self.sources:
            raise RuleFailedError(f"{alias} not found in additional sources")
        return self.sources[alias]

    def counted(self, rule: Rule) -> Column | None:
        """Which rows a rule looks at; None: all."""
        return F.coalesce(F.expr(rule.where), F.lit(False)) if rule.where else None

    def helper(self, key: object, change: Callable[[DataFrame, str], DataFrame]) -> Column:
        """A column that is added to the rows, once for each key.

        Args:
            change: adds it, under a name
        """
        if key not in self._helpers:
            name = f"{HELPER}{len(self._helpers)}"
            self.frame = change(self.frame, name)
            self._helpers[key] = name
        return F.col(self._helpers[key])

    def occurrences(self, names: tuple[str, ...], rule: Rule) -> Column:
        """How many rows that are looked at have the values of a row in some columns."""
        columns = [self.column(name) for name in names]
        one = within(self.counted(rule), F.lit(1))
        window = Window.partitionBy(*columns)
        key = ("occurrences", tuple(n.lower() for n in names), rule.where)
        return self.helper(
            key, lambda frame, name: frame.withColumn(name, F.count(one).over(window))
        )


def within(counted: Column | None, value: Column) -> Column:
    """A value of the rows that are looked at; null in the others."""
    return value if counted is None else F.when(counted, value)


def rows(counted: Column | None) -> Column:
    """The number of the rows that are looked at."""
    return F.count(within(counted, F.lit(1)))


def number_of(counted: Column | None, predicate: Column) -> Column:
    """The number of the rows that are looked at and meet a predicate."""
    return F.count(within(counted, F.when(predicate, F.lit(1))))


def share(met: int, total: int) -> float:
    """The part of the rows that meets a rule; of none it is all."""
    return met / total if total else 1.0
