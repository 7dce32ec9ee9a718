"""DynamicFrame: records with a schema that is settled late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from .collection import FrameCollection
from .frame_core import check_common
from .frame_fields import FieldTransforms
from .frame_records import RecordTransforms
from .record_functions import DynamicRecord
from .streaming import infer

if TYPE_CHECKING:
    from .session import HasSession

__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicRecord", "check_common"]


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

    def _collection(self, frames: Mapping[str, Any]) -> DynamicFrameCollection:
        return DynamicFrameCollection(frames, self.glue_ctx)


class DynamicFrameCollection(FrameCollection[DynamicFrame]):
    """DynamicFrames by name."""

    aws_name = "DynamicFrameCollection"

    def _empty(self, name: str) -> DynamicFrame:
        empty = self.glue_ctx.spark_session.createDataFrame([], "")
        return DynamicFrame(empty, self.glue_ctx, name)
