"""DynamicFrame: records with a schema that is settled late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import DataFrame

from .collection import DynamicFrameCollection
from .frame_core import check_common
from .frame_fields import FieldTransforms
from .frame_records import RecordTransforms
from .record_functions import DynamicRecord

if TYPE_CHECKING:
    from .context import GlueContext

__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicRecord", "check_common"]


class DynamicFrame(FieldTransforms, RecordTransforms):
    """Records of a source or a transformation."""

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str = "") -> DynamicFrame:  # noqa: N802
        """Make a DynamicFrame of a DataFrame."""
        return cls(dataframe, glue_ctx, name)
