"""What every DynamicFrame has: its records, schema, error records; the base of its transformations.

A frame from a source without types of its own keeps its columns as text together with the
catalog's types (`pending`). So `resolveChoice` with ``cast:string`` gives every value as it was
received. Whoever asks for the schema or a DataFrame gets the types; a field with values that do not
fit its type is a choice then (see `choice`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Self

from pyspark.sql import DataFrame

from .choice import Typed, resolve, settle
from .collection import FrameCollection
from .errors import ErrorThresholdError, NamesWhatIsMissing, UnsupportedApiError
from .exact_names import selected
from .gluetypes import DataType, Field, StructType, from_spark
from .session import in_session

if TYPE_CHECKING:
    from .session import HasSession


class FrameCore(NamesWhatIsMissing):
    """Records, their types as far as they are settled, and what was no record.

    Args:
        frame: the records
        glue_ctx: the context that made it
        name: a name for messages
        pending: Spark type of each text column that is to be typed
        choices: columns that are choices: structs with a field for each type
        errors: error records: column ``error``, and ``file`` of those read from files
    """

    aws_name = "DynamicFrame"

    def __init__(
        self,
        frame: DataFrame,
        glue_ctx: HasSession,
        name: str = "",
        *,
        pending: Mapping[str, str] | None = None,
        choices: frozenset[str] = frozenset(),
        errors: DataFrame | None = None,
    ) -> None:
        self._frame = frame
        self._pending = dict(pending or {})
        self._choices = choices
        self._errors = errors
        self._stage_errors = errors
        self._limits = (0, 0)
        self._settled: Typed | None = None
        self.glue_ctx = glue_ctx
        self.name = name

    def toDF(self, options: Sequence[Any] | None = None) -> DataFrame:  # noqa: N802
        """Return the records as a DataFrame; a choice is a struct with a field for each type.

        Args:
            options: `ResolveOption`, each for a field that shall have one type
        """
        typed = self._types()
        specs = [option.spec for option in options or ()]
        wanted = [spec for spec in specs if spec is not None]
        frame = typed.frame
        if wanted:
            done = resolve(frame, {}, typed.choices, wanted)
            frame = selected(frame, *(c for each in done.columns.values() for c in each))
        return in_session(frame, self.glue_ctx.spark_session)

    def _types(self) -> Typed:
        if self._settled is None:
            self._settled = settle(self._frame, self._pending, self._choices)
        return self._settled

    # What a frame is

    def schema(self) -> StructType:
        """Return the schema; the types of fields are found out when they are asked for."""

        def kind(name: str) -> DataType:
            typed = self._types()
            return from_spark(typed.frame.schema[name].dataType, choice=name in typed.choices)

        return StructType([Field(name, partial(kind, name)) for name in self._frame.columns])

    def printSchema(self) -> None:  # noqa: N802
        """Print the schema."""
        print(self.schema().treeString())

    def count(self) -> int:
        """Count the records."""
        return self._frame.count()

    def show(self, num_rows: int = 20) -> None:
        """Print records as JSON, one a line."""
        for line in self.toDF().toJSON().take(num_rows):
            print(line)

    def getNumPartitions(self) -> int:  # noqa: N802
        """Return the number of partitions."""
        return self._frame.rdd.getNumPartitions()

    def repartition(self, num_partitions: int, **common: Any) -> Self:
        """Return the records in `num_partitions` partitions."""
        check_common("DynamicFrame.repartition", common)
        return self._with(self._frame.repartition(num_partitions))

    def coalesce(self, num_partitions: int, **common: Any) -> Self:
        """Return the records in at most `num_partitions` partitions, without a shuffle."""
        check_common("DynamicFrame.coalesce", common)
        return self._with(self._frame.coalesce(num_partitions))

    def errorsCount(self) -> int:  # noqa: N802
        """Count the error records."""
        return self._errors.count() if self._errors is not None else 0

    def stageErrorsCount(self) -> int:  # noqa: N802
        """Count the error records of the last transformation alone."""
        return self._stage_errors.count() if self._stage_errors is not None else 0

    def _limit_errors(self, stage: int, total: int) -> None:
        """Fail when there are as many error records, now and in `assertErrorThreshold`.

        Args:
            stage: of the last transformation; 0: any number
            total: of all up to here; 0: any number

        Raises:
            ErrorThresholdError: there are
        """
        self._limits = (stage, total)
        self.assertErrorThreshold()

    def assertErrorThreshold(self) -> None:  # noqa: N802
        """Fail when there are as many error records as the last transformation was told.

        Raises:
            ErrorThresholdError: there are
        """
        stage, total = self._limits
        counted = (
            ("stageThreshold", stage, self.stageErrorsCount),
            ("totalThreshold", total, self.errorsCount),
        )
        for name, limit, count in counted:
            if limit and (found := count()) >= limit:
                raise ErrorThresholdError(
                    f"{found} error records reach {name}={limit}; errorsAsDynamicFrame has them"
                )

    def errorsAsDynamicFrame(self) -> Self:  # noqa: N802
        """Return the error records: a column ``error``, and ``file`` of those read from files.

        It is the text of what a source held and was no record, and the message of a function that
        failed, with its record.
        """
        errors = self._errors
        if errors is None:
            errors = self.glue_ctx.spark_session.createDataFrame([], "error string")
        return type(self)(errors, self.glue_ctx, f"{self.name} errors")

    def _collection(self, frames: Mapping[str, Any]) -> FrameCollection[Any]:
        raise NotImplementedError  # the kind of collection belongs to the kind of frame

    def _with(
        self,
        frame: DataFrame,
        *,
        pending: Mapping[str, str] | None = None,
        choices: frozenset[str] | None = None,
        errors: DataFrame | None = None,
    ) -> Self:
        types = self._pending if pending is None else pending
        kept = {n: t for n, t in types.items() if n in frame.columns}
        of_two = (self._choices if choices is None else choices) & set(frame.columns)
        found = [e for e in (self._errors, errors) if e is not None]
        made = type(self)(
            frame,
            self.glue_ctx,
            self.name,
            pending=kept,
            choices=frozenset(of_two),
            errors=reduce(_all_columns, found) if found else None,
        )
        made._stage_errors = errors
        return made


def check_common(api: str, options: Mapping[str, Any]) -> None:
    """Accept the parameters that every transformation has on AWS and that change no record.

    Raises:
        UnsupportedApiError: any other parameter
    """
    for name, value in options.items():
        if name not in ("transformation_ctx", "info", "stageThreshold", "totalThreshold"):
            raise UnsupportedApiError(f"{api}({name}={value!r})")


def _all_columns(one: DataFrame, other: DataFrame) -> DataFrame:
    return one.unionByName(other, allowMissingColumns=True)
