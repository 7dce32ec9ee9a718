"""Python modules that AWS Glue brings and no package index has, and kinds of jobs.

AWS Glue Developer Guide: "AWS Glue PySpark extensions reference", "AWS Glue Data Quality",
"Machine learning transforms", "PySpark transforms reference" for ``awsgluedi``; AWS Glue Studio's
generated scripts for ``gs_…`` and ``recipe_transforms``.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import APPLIED, Effect, Entry, refused

MODULES: Mapping[str, Entry] = {
    "awsglue": APPLIED,
    "awsglue.blueprint": refused("a workflow made with boto3", "blueprints are not here"),
    "awsgluedq": APPLIED,
    "awsgluedi": refused("the same in Spark SQL", "its transforms are not here"),
    "awsglueml": Entry(Effect.APPLIED, "EntityDetector, of the types below"),
    "gs_": Entry(Effect.APPLIED, "those of docs/fidelity.md; the job refuses others"),
    "recipe_transforms": Entry(Effect.APPLIED, "the steps below"),
}
"""By the beginning of a module's name."""
JOBS: Mapping[str, Entry] = {
    "glueetl": APPLIED,
    "gluestreaming": Entry(Effect.APPLIED, "from Kinesis and Kafka"),
    "glueray": refused("a job of type glueetl or pythonshell"),
    "pythonshell": Entry(Effect.APPLIED, "with this Python"),
}
"""``Command.Name`` of jobs."""


def of_module(name: str) -> Entry | None:
    """The row of a module, by the longest beginning; None: it is none of AWS's own."""
    for known in sorted(MODULES, key=len, reverse=True):
        prefix = known.endswith("_") and name.startswith(known)
        if prefix or name == known or name.startswith(f"{known}."):
            return MODULES[known]
    return None
