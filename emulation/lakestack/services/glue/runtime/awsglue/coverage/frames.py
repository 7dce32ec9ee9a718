"""DynamicFrames, their collections, and the transforms as classes.

AWS Glue Developer Guide: "DynamicFrame class", "DynamicFrameCollection class", "PySpark transforms
reference" with a page for each class, "GlueTransform base class".
"""

from __future__ import annotations

from collections.abc import Mapping

from . import APPLIED, Effect, Entry, refused

_ML = refused(
    "SageMaker, or Spark's own pyspark.ml", "needs a machine learning transform of AWS Glue"
)

DYNAMIC_FRAME: Mapping[str, Entry] = {
    "applyMapping": Entry(Effect.APPLIED, "of mappings by their keyword, as on AWS"),
    "apply_mapping": APPLIED,
    "assertErrorThreshold": APPLIED,
    "coalesce": APPLIED,
    "count": APPLIED,
    "drop_fields": APPLIED,
    "drop_nulls": APPLIED,
    "errorsAsDynamicFrame": APPLIED,
    "errorsCount": APPLIED,
    "filter": APPLIED,
    "fromDF": APPLIED,
    "getNumPartitions": APPLIED,
    "join": APPLIED,
    "map": APPLIED,
    "mergeDynamicFrame": APPLIED,
    "printSchema": APPLIED,
    "relationalize": APPLIED,
    "rename_field": APPLIED,
    "repartition": APPLIED,
    "resolveChoice": APPLIED,
    "schema": APPLIED,
    "select_fields": APPLIED,
    "show": APPLIED,
    "simplify_ddb_json": APPLIED,
    "spigot": APPLIED,
    "split_fields": APPLIED,
    "split_rows": APPLIED,
    "stageErrorsCount": APPLIED,
    "toDF": APPLIED,
    "unbox": Entry(Effect.APPLIED, "of format json"),
    "union": APPLIED,
    "unnest": APPLIED,
    "unnest_ddb_json": APPLIED,
    "write": APPLIED,
}
COLLECTION: Mapping[str, Entry] = dict.fromkeys(
    ("flatmap", "items", "keys", "map", "select", "values"), APPLIED
)
TRANSFORMS: Mapping[str, Entry] = {
    "ApplyMapping": APPLIED,
    "DropFields": APPLIED,
    "DropNullFields": APPLIED,
    "ErrorsAsDynamicFrame": APPLIED,
    "FillMissingValues": _ML,
    "Filter": APPLIED,
    "FindIncrementalMatches": _ML,
    "FindMatches": _ML,
    "FlatMap": APPLIED,
    "GlueTransform": APPLIED,
    "Join": APPLIED,
    "Map": APPLIED,
    "MapToCollection": APPLIED,
    "Relationalize": APPLIED,
    "RenameField": APPLIED,
    "ResolveChoice": APPLIED,
    "SelectFields": APPLIED,
    "SelectFromCollection": APPLIED,
    "SimplifyDDBJson": APPLIED,
    "Spigot": APPLIED,
    "SplitFields": APPLIED,
    "SplitRows": APPLIED,
    "Unbox": Entry(Effect.APPLIED, "of format json"),
    "UnnestFrame": APPLIED,
    "mergeDynamicFrame": APPLIED,
}
BASE: Mapping[str, Entry] = dict.fromkeys(
    (
        "apply",
        "describe",
        "describeArgs",
        "describeErrors",
        "describeReturn",
        "describeTransform",
        "name",
    ),
    APPLIED,
)
