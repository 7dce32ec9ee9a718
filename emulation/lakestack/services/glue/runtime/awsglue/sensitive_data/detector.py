"""`EntityDetector`: finds sensitive data in cells, or the columns that hold some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import BinaryType, BooleanType, DataType, StringType

from ..columns import quoted
from ..dynamicframe import DynamicFrame
from ..errors import UnsupportedApiError
from ..gluetypes import is_complex
from . import custom, entities
from .actions import DETECT, Action, apply, of_parameters, of_types

SENSITIVITIES = ("LOW", "HIGH")
_FOUND = "map<string,array<struct<entityType:string,actionUsed:string,start:int,end:int>>>"
_ROW = "__sensitive"

Find = Callable[[str], Iterable[entities.Span]]
Cell = tuple[str, str, int, int]


class EntityDetector:
    """Finds sensitive data; ``detectionSensitivity`` changes nothing here."""

    def detect(
        self,
        frame: DynamicFrame,
        entityTypesToDetect: Sequence[str] | Mapping[str, Any] | str,  # noqa: N803 - AWS's names
        outputColumnName: str = "DetectedEntities",  # noqa: N803
        detectionSensitivity: str = "LOW",  # noqa: N803
    ) -> DynamicFrame:
        """The frame with what is found in each row; entities are masked where that is asked for.

        Args:
            frame: the records
            entityTypesToDetect: types, or ``detectionParameters``: lists of actions by type
            outputColumnName: the new column: by column, the type, action, start and end of each
            detectionSensitivity: LOW or HIGH

        Raises:
            SourceError: a custom entity type that the account does not have
            UnsupportedApiError: one of AWS's types that is not here
            ValueError: a parameter is not valid
        """
        _check(detectionSensitivity)
        rows = frame.toDF()
        names = _texts(rows)
        given = entityTypesToDetect
        if isinstance(given, Mapping | str):
            actions = of_parameters(given, rows.columns)
        else:
            actions = of_types(given)
        plan = _plan(names, actions)
        if not rows.columns:
            return frame
        look = F.udf(partial(_row, plan), f"found {_FOUND}, texts array<string>")
        looked = rows.withColumn(_ROW, look.asNondeterministic()(_array(names)))
        changed = _masked(rows, looked, names, actions)
        chosen = [changed.get(name, quoted(name)) for name in rows.columns]
        result = looked.select(*chosen, F.col(f"{_ROW}.found").alias(outputColumnName))
        return DynamicFrame.fromDF(result, frame.glue_ctx, frame.name)

    def classify_columns(
        self,
        frame: DynamicFrame,
        entityTypesToDetect: Sequence[str],  # noqa: N803
        sampleFraction: float = 0.1,  # noqa: N803
        thresholdFraction: float = 0.1,  # noqa: N803
        detectionSensitivity: str = "LOW",  # noqa: N803
    ) -> dict[str, list[str]]:
        """The columns that hold sensitive data, with the types.

        Args:
            frame: the records
            entityTypesToDetect: types
            sampleFraction: of the rows that AWS looks at; here all are
            thresholdFraction: of the rows that must hold an entity of a type
            detectionSensitivity: LOW or HIGH

        Raises:
            as `detect`
        """
        _check(detectionSensitivity)
        for name, part in (
            ("sampleFraction", sampleFraction),
            ("thresholdFraction", thresholdFraction),
        ):
            if not 0 <= float(part) <= 1:
                raise ValueError(f"{name} {part!r} is not between 0 and 1")
        rows = frame.toDF()
        names = _texts(rows)
        plan = _plan(names, of_types(entityTypesToDetect))
        total = rows.count() if rows.columns else 0
        if not total:
            return {}
        look = F.udf(partial(_kinds, plan), "array<struct<column:string,entity:string>>")
        pairs = rows.select(F.explode(look(_array(names))).alias("pair")).select("pair.*")
        counted = pairs.groupBy("column", "entity").count().collect()
        enough = {
            (row["column"], row["entity"])
            for row in counted
            if row["count"] / total >= float(thresholdFraction)
        }
        kinds = {name: [k for k in entityTypesToDetect if (name, k) in enough] for name in names}
        return {name: found for name, found in kinds.items() if found}


def _check(sensitivity: str) -> None:
    if sensitivity not in SENSITIVITIES:
        raise ValueError(f"detectionSensitivity {sensitivity!r} is not one of LOW, HIGH")


def _texts(rows: DataFrame) -> list[str]:
    """The columns that are looked at: all but flags, bytes and what holds others."""
    return [f.name for f in rows.schema.fields if not _is_other(f.dataType)]


def _is_other(kind: DataType) -> bool:
    return isinstance(kind, BinaryType | BooleanType) or is_complex(kind.simpleString())


def _array(names: Sequence[str]) -> Column:
    return F.array(*(quoted(name).cast("string") for name in names)).cast("array<string>")


Plan = Sequence[tuple[str, Sequence[tuple[Find, Action]]]]


def _plan(names: Sequence[str], actions: Sequence[Action]) -> Plan:
    """For each column, what is looked for in it."""
    makers = {name: _maker(name) for name in dict.fromkeys(a.entity for a in actions)}
    return [
        (name, [(makers[a.entity](name), a) for a in actions if a.concerns(name)]) for name in names
    ]


def _maker(entity: str) -> Callable[[str], Find]:
    if entity in entities.MANAGED:
        return lambda column: partial(entities.spans, entity, column)
    if entities.is_managed(entity):
        raise UnsupportedApiError(f"entity type {entity} of EntityDetector", entities.INSTEAD)
    pattern, context = custom.stored(entity)
    custom.compiled(pattern)
    return lambda column: partial(custom.spans, pattern, context, column)


def _looked(plan: Plan, texts: Sequence[str | None]) -> Iterator[tuple[str, str, list[Any]]]:
    """Each column with its text and what is found in it: where, and what is done to it."""
    for (name, finders), text in zip(plan, texts, strict=True):
        if text:
            yield name, text, [(span, action) for find, action in finders for span in find(text)]


def _row(plan: Plan, texts: Sequence[str | None]) -> tuple[dict[str, list[Cell]], list[str | None]]:
    """What is found in a row, and its texts with that masked."""
    masked: dict[str, str] = {}
    found: dict[str, list[Cell]] = {}
    for name, text, hits in _looked(plan, texts):
        if hits:
            found[name] = [(a.entity, a.kind, *span) for span, a in hits]
            masked[name] = apply(text, hits)
    return found, [masked.get(name, text) for (name, _), text in zip(plan, texts, strict=True)]


def _kinds(plan: Plan, texts: Sequence[str | None]) -> list[tuple[str, str]]:
    """The types in each column of a row."""
    return sorted({(name, a.entity) for name, _, hits in _looked(plan, texts) for _, a in hits})


def _masked(
    rows: DataFrame, looked: DataFrame, names: Sequence[str], actions: Sequence[Action]
) -> dict[str, Column]:
    """The columns with what is masked in them; of numbers and dates, those that have some."""
    kinds = {field.name: field.dataType for field in rows.schema.fields}
    masking = [a for a in actions if a.kind != DETECT]
    after = {
        name: F.col(f"{_ROW}.texts")[at].alias(name)
        for at, name in enumerate(names)
        if any(a.concerns(name) for a in masking)
    }
    others = [name for name in after if not isinstance(kinds[name], StringType)]
    if others:
        differs = [
            F.max(F.col(f"{_ROW}.texts")[names.index(name)] != quoted(name).cast("string"))
            for name in others
        ]
        answer = looked.agg(*(each.alias(str(at)) for at, each in enumerate(differs))).collect()[0]
        for at, name in enumerate(others):
            if not answer[at]:
                del after[name]
    return after
