"""CloudWatch metrics of functions, by the collector of all metrics.

LocalStack puts one over HTTP for every invocation, which costs more than a warm invocation does.
"""

from __future__ import annotations

from lakestack import patches
from lakestack.services.metrics import COLLECTOR, Kind

NAMESPACE = "AWS/Lambda"


def invocation(function_name: str, account_id: str, region_name: str) -> None:
    """An invocation has succeeded."""
    COLLECTOR.add(_kind(function_name, account_id, region_name, "Invocations"), 1)


def error(function_name: str, account_id: str, region_name: str) -> None:
    """An invocation has failed: on AWS it is among Invocations, too."""
    for metric in ("Invocations", "Errors"):
        COLLECTOR.add(_kind(function_name, account_id, region_name, metric), 1)


def iterator_age(function_name: str, account_id: str, region_name: str, seconds: float) -> None:
    """The last record of a batch is so old when the function is sent it."""
    kind = _kind(function_name, account_id, region_name, "IteratorAge", "Milliseconds")
    COLLECTOR.add(kind, round(max(0.0, seconds) * 1000))


def install() -> None:
    """Collect what LocalStack would put."""
    patches.replace("lambda.metric_invocation", invocation)
    patches.replace("lambda.metric_error", error)


def _kind(function: str, account: str, region: str, metric: str, unit: str = "Count") -> Kind:
    return Kind(account, region, NAMESPACE, (("FunctionName", function),), metric, unit)
