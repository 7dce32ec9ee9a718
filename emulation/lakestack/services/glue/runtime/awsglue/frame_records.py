"""Transformations of a DynamicFrame's records: filter, map, split, join, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Self

from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from . import record_functions
from .collection import FrameCollection
from .columns import listed, quoted
from .error_limits import limited
from .errors import UnsupportedApiError
from .exact_names import exact_names
from .file_names import as_glue_names
from .frame_core import FrameCore, check_common
from .record_functions import DynamicRecord

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class RecordTransforms(FrameCore):
    """Filter, replace, split, join and put together records."""

    @limited
    def filter(self, f: Callable[[DynamicRecord], Any], **common: Any) -> Self:
        """Keep the records for which `f` is true.

        A KeyError, ValueError or TypeError means that it is not; any other makes an error record.
        """
        check_common("DynamicFrame.filter", common)
        good, errors = record_functions.keep(self.glue_ctx.spark_session, self.toDF(), f)
        return self._with(good, pending={}, choices=self._types().choices, errors=errors)

    @limited
    def map(
        self,
        f: Callable[[DynamicRecord], Mapping[str, Any]],
        preservesPartitioning: bool = False,  # noqa: ARG002, N803 - AWS's signature
        **common: Any,
    ) -> Self:
        """Replace each record by what `f` returns; the schema is taken from the results."""
        check_common("DynamicFrame.map", common)
        made, errors, choices = record_functions.replace(
            self.glue_ctx.spark_session, self.toDF(), f
        )
        return self._with(made, pending={}, choices=choices, errors=errors)

    @limited
    def split_rows(
        self,
        comparison_dict: Mapping[str, Mapping[str, Any]],
        name1: str,
        name2: str,
        **common: Any,
    ) -> FrameCollection[Any]:
        """Two frames: the records that fulfil all comparisons (``{"a": {">": 10}}``), the rest."""
        check_common("DynamicFrame.split_rows", common)
        frame = self.toDF()
        tests = [
            _COMPARISONS[operator](quoted(path.strip("`")), value)
            if path.strip("`") in frame.columns
            else F.lit(False)
            for path, comparisons in comparison_dict.items()
            for operator, value in comparisons.items()
        ]
        wanted = F.coalesce(reduce(lambda a, b: a & b, tests, F.lit(True)), F.lit(False))
        kept = {name1: frame.where(wanted), name2: frame.where(~wanted)}
        typed = self._types().choices
        return self._collection(
            {name: self._with(f, pending={}, choices=typed) for name, f in kept.items()}
        )

    @limited
    def join(
        self, paths1: Sequence[str], paths2: Sequence[str], frame2: FrameCore, **common: Any
    ) -> Self:
        """Inner join on equal fields; a name that both have is ``.name`` on the right.

        Names that differ by case are two, as everywhere in a DynamicFrame.
        """
        check_common("DynamicFrame.join", common)
        left, right = self.toDF(), frame2.toDF()
        taken = set(left.columns)
        renamed = right.toDF(*(f".{n}" if n in taken else n for n in right.columns))
        names = dict(zip(right.columns, renamed.columns, strict=True))
        keys = list(zip(listed(paths1), listed(paths2), strict=True))
        if not all(a in taken and b in names for a, b in keys) and not (taken and names):
            nothing = self.glue_ctx.spark_session.createDataFrame([], "")
            return self._with(nothing, pending={}, choices=frozenset())  # one has no records
        with exact_names(left), exact_names(renamed):
            condition = reduce(
                lambda a, b: a & b,
                (left[f"`{a}`"] == renamed[f"`{names[b]}`"] for a, b in keys),
            )
        typed = self._types().choices | {names[n] for n in frame2._types().choices}
        return self._with(left.join(renamed, condition), pending={}, choices=frozenset(typed))

    @limited
    def union(self, frame2: FrameCore, **common: Any) -> Self:
        """All records of both, matched by field name."""
        check_common("DynamicFrame.union", common)
        both = self.toDF().unionByName(frame2.toDF(), allowMissingColumns=True)
        return self._with(both, pending={}, choices=self._types().choices)

    @limited
    def mergeDynamicFrame(  # noqa: N802
        self, stage_dynamic_frame: FrameCore, primary_keys: Sequence[str], **common: Any
    ) -> Self:
        """Replace the records whose keys are in the other frame by that frame's records."""
        check_common("DynamicFrame.mergeDynamicFrame", {**common, "transformation_ctx": ""})
        mine, staged = self.toDF(), stage_dynamic_frame.toDF()
        kept = mine.join(staged, listed(primary_keys), "left_anti")
        merged = kept.unionByName(staged, allowMissingColumns=True)
        return self._with(merged, pending={}, choices=self._types().choices)

    @limited
    def spigot(self, path: str, options: Mapping[str, Any] | None = None, **common: Any) -> Self:
        """Write sample records as JSON: the first ``topk``, or each with probability ``prob``."""
        check_common("DynamicFrame.spigot", common)
        given, frame = dict(options or {}), self.toDF()
        top, probability = given.pop("topk", None), given.pop("prob", None)
        for name in given:
            raise UnsupportedApiError(f"spigot option {name!r}")
        if probability is not None:
            frame = frame.sample(float(probability))
        if top is not None:
            frame = frame.limit(int(top))
        as_glue_names(frame.write.mode("append")).json(path)
        return self
