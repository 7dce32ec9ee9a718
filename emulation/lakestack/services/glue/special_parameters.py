"""Each parameter of a job that AWS Glue itself reads, and what becomes of it here.

AWS Glue Developer Guide, "Using job parameters in AWS Glue jobs" (Job argument reference),
"Configuring job properties for Python shell jobs in AWS Glue", "Tracking processed data using job
bookmarks". A parameter that is not in the table is the script's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from lakestack.services.glue.runtime.awsglue.coverage import Effect

__all__ = ["LIBRARY_SET", "PARAMETERS", "Effect", "with_effect"]

LIBRARY_SET = "library-set"
"""Which libraries a Python shell job finds: the one parameter that AWS writes without hyphens."""


PARAMETERS: Mapping[str, Effect] = {
    "--TempDir": Effect.APPLIED,
    "--additional-python-modules": Effect.APPLIED,
    "--auto-scale-within-microbatch": Effect.NONE,
    "--class": Effect.NONE,  # of Scala; definitions of Python jobs have it too
    "--conf": Effect.APPLIED,
    "--continuous-log-conversionPattern": Effect.NONE,
    "--continuous-log-logGroup": Effect.NONE,
    "--continuous-log-logStreamPrefix": Effect.NONE,
    "--customer-driver-env-vars": Effect.APPLIED,
    "--customer-executor-env-vars": Effect.APPLIED,
    "--datalake-formats": Effect.APPLIED,
    "--disable-proxy": Effect.NONE,
    "--disable-proxy-v2": Effect.NONE,
    "--enable-auto-scaling": Effect.NONE,
    "--enable-continuous-cloudwatch-log": Effect.NONE,
    "--enable-continuous-log-filter": Effect.NONE,
    "--enable-glue-datacatalog": Effect.APPLIED,
    "--enable-job-insights": Effect.NONE,
    "--enable-lakeformation-fine-grained-access": Effect.NONE,
    "--enable-metrics": Effect.APPLIED,
    "--enable-observability-metrics": Effect.NONE,
    "--enable-rename-algorithm-v2": Effect.NONE,
    "--enable-s3-parquet-optimized-committer": Effect.NONE,
    "--enable-spark-ui": Effect.NONE,
    "--encryption-type": Effect.NONE,
    "--executor-cores": Effect.NONE,
    "--extra-files": Effect.APPLIED,
    "--extra-jars": Effect.APPLIED,
    "--extra-py-files": Effect.APPLIED,
    "--job-bookmark-from": Effect.APPLIED,
    "--job-bookmark-option": Effect.APPLIED,
    "--job-bookmark-to": Effect.APPLIED,
    "--job-language": Effect.APPLIED,  # python; scala is refused
    f"--{LIBRARY_SET}": Effect.NONE,
    LIBRARY_SET: Effect.NONE,
    "--python-modules-installer-option": Effect.APPLIED,
    "--scriptLocation": Effect.APPLIED,
    "--spark-event-logs-path": Effect.NONE,
    "--use-postgres-driver": Effect.NONE,
    "--user-jars-first": Effect.APPLIED,
    "--write-shuffle-files-to-s3": Effect.NONE,
    "--write-shuffle-spills-to-s3": Effect.NONE,
}


def with_effect(effect: Effect) -> frozenset[str]:
    """The parameters that this becomes of."""
    return frozenset(name for name, found in PARAMETERS.items() if found is effect)
