"""Glue Studio's own transforms, our own: what the modules ``gs_…`` attach to frames.

Scripts that AWS Glue Studio generates import a module for each such transform, ``import gs_now``,
and call a method of that name, ``frame.gs_now(…)``. Written from the AWS Glue Studio guide
("Transform data with AWS Glue managed transforms"). `TRANSFORMS` is read without Spark, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

TRANSFORMS: Mapping[str, str] = {
    "gs_array_to_cols": "nested.array_to_columns",
    "gs_concat": "text.concatenate",
    "gs_derived": "columns.derived",
    "gs_explode": "nested.explode",
    "gs_extract_json": "nested.extract_json",
    "gs_flatten": "nested.flatten",
    "gs_format_timestamp": "times.format_timestamp",
    "gs_now": "times.current_timestamp",
    "gs_null_rows": "rows.without_null_rows",
    "gs_parse_json": "nested.parse_json",
    "gs_pivot": "rows.pivot",
    "gs_regex_extract": "text.regex_extract",
    "gs_repartition": "rows.repartition",
    "gs_sequence_id": "columns.sequence_id",
    "gs_split": "text.split",
    "gs_to_timestamp": "times.to_timestamp",
    "gs_uuid": "columns.uuid",
}
"""The function of each method: a module of this package, and a name in it."""

COMMON = "gs_common"
"""What AWS's modules share; there is nothing in ours."""


def attach(name: str) -> None:
    """Give DataFrames and DynamicFrames the method of a transform.

    Args:
        name: a key of `TRANSFORMS`
    """
    from awsglue.dynamicframe import DynamicFrame
    from pyspark.sql import DataFrame

    module, _, function = TRANSFORMS[name].partition(".")
    transform = getattr(import_module(f"{__name__}.{module}"), function)

    def of_rows(frame: Any, *args: Any, **kwargs: Any) -> Any:
        # A frame without records may have no fields either, and then nothing to change.
        return transform(frame, *args, **kwargs) if frame.columns else frame

    def of_records(frame: Any, *args: Any, **kwargs: Any) -> Any:
        changed = of_rows(frame.toDF(), *args, **kwargs)
        return DynamicFrame.fromDF(changed, frame.glue_ctx, frame.name)

    setattr(DataFrame, name, of_rows)
    setattr(DynamicFrame, name, of_records)


def module_text(name: str) -> str:
    """The module that a script imports.

    Args:
        name: a key of `TRANSFORMS`, or `COMMON`
    """
    if name == COMMON:
        return '"""Nothing: Glue Studio\'s transforms are in awsgluestudio."""\n'
    package = __name__.rpartition(".")[2]
    return f'"""Lets frames have {name}."""\n\nfrom {package} import attach\n\nattach("{name}")\n'
