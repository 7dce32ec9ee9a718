"""CloudWatch metrics of job runs that ask for them with ``--enable-metrics``.

AWS Glue Developer Guide, "Monitoring AWS Glue using Amazon CloudWatch metrics": namespace Glue,
dimensions JobName, JobRunId (the run's, and ALL) and Type. Of the driver's aggregates only the
elapsed time is known here; those of Spark's tasks, of memory and of executors are not published.
"""

from __future__ import annotations

from collections.abc import Mapping

from lakestack.services.metrics import COLLECTOR, Kind

NAMESPACE = "Glue"
PARAMETER = "--enable-metrics"


def publish(
    account: str, region: str, job: str, run: str, seconds: float, arguments: Mapping[str, str]
) -> None:
    """Publish what is known of a run that has ended.

    Args:
        seconds: from the start of its process to its end
        arguments: of the run; without the parameter nothing is published
    """
    # The switch alone is enough; some write false.
    if arguments.get(PARAMETER, "false").lower() == "false":
        return
    for run_id in (run, "ALL"):
        dimensions = (("JobName", job), ("JobRunId", run_id), ("Type", "count"))
        name = "glue.driver.aggregate.elapsedTime"
        kind = Kind(account, region, NAMESPACE, dimensions, name, "Milliseconds")
        COLLECTOR.add(kind, round(seconds * 1000))
