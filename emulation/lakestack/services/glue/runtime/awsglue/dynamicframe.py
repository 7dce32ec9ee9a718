"""DynamicFrame: records with a schema that is settled late."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from .choice import ResolveOption
from .collection import FrameCollection
from .frame_core import check_common
from .frame_fields import FieldTransforms
from .frame_records import RecordTransforms
from .record_functions import DynamicRecord
from .streaming import infer

if TYPE_CHECKING:
    from .session import HasSession

__all__ = [
    "DynamicFrame",
    "DynamicFrameCollection",
    "DynamicRecord",
    "ResolveOption",
    "check_common",
]


def __getattr__(name: str) -> Any:
    # By their names: these modules import this one. On AWS scripts find the classes here.
    if name == "DynamicFrameReader":
        return import_module(f"{__package__}.readers").DynamicFrameReader
    if name == "DynamicFrameWriter":
        return import_module(f"{__package__}.writers").DynamicFrameWriter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class DynamicFrame(FieldTransforms, RecordTransforms):
    """Records of a source or a transformation."""

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: HasSession, name: str = "") -> DynamicFrame:  # noqa: N802
        """Make a DynamicFrame of a DataFrame; JSON text of a streaming source becomes records."""
        read = infer.found(dataframe)
        if read is None:
            return cls(dataframe, glue_ctx, name)
        records, _, errors, choices = read
        return cls(records, glue_ctx, name, choices=choices, errors=errors)

    def write(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,  # noqa: A002 - AWS's signature
        format_options: Mapping[str, Any] | None = None,
        accumulator_size: int | None = None,  # noqa: ARG002 - AWS keeps so many error records
    ) -> DynamicFrame:
        """Same as ``write_dynamic_frame.from_options``."""
        written: DynamicFrame = self.glue_ctx.write_dynamic_frame.from_options(
            self, connection_type, connection_options, format, format_options
        )
        return written

    def _collection(self, frames: Mapping[str, Any]) -> DynamicFrameCollection:
        return DynamicFrameCollection(frames, self.glue_ctx)


class DynamicFrameCollection(FrameCollection[DynamicFrame]):
    """DynamicFrames by name."""

    aws_name = "DynamicFrameCollection"

    def _empty(self, name: str) -> DynamicFrame:
        empty = self.glue_ctx.spark_session.createDataFrame([], "")
        return DynamicFrame(empty, self.glue_ctx, name)
