"""CloudWatch metrics of functions, summed up: one PutMetricData a second at most.

LocalStack puts one over HTTP for every invocation, which costs more than a warm invocation does.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from lakestack import patches
from lakestack.services.base import client

LOG = logging.getLogger(__name__)

PERIOD_SECONDS = 1.0
Key = tuple[str, str, str, str]
"""Account, region, function name, metric name."""


class MetricSums:
    """Counts what happened, and publishes the sums."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: Counter[Key] = Counter()
        self._timer: threading.Timer | None = None

    def invocation(self, function_name: str, account_id: str, region_name: str) -> None:
        """Count an invocation that succeeded."""
        self._count((account_id, region_name, function_name, "Invocations"))

    def error(self, function_name: str, account_id: str, region_name: str) -> None:
        """Count an invocation that failed: on AWS it is among Invocations, too."""
        for metric in ("Invocations", "Errors"):
            self._count((account_id, region_name, function_name, metric))

    def stop(self) -> None:
        """Publish nothing more."""
        with self._lock:
            if self._timer:
                self._timer.cancel()

    def forget(self, covers: Callable[[str, str], bool]) -> None:
        """Drop the counts of some accounts and regions, which are emptied."""
        with self._lock:
            for key in [key for key in self._sums if covers(key[0], key[1])]:
                del self._sums[key]

    def _count(self, key: Key) -> None:
        with self._lock:
            self._sums[key] += 1
            if self._timer is None:
                self._timer = threading.Timer(PERIOD_SECONDS, self._publish)
                self._timer.daemon = True
                self._timer.start()

    def _publish(self) -> None:
        with self._lock:
            sums, self._sums, self._timer = self._sums, Counter(), None
        for (account, region, function, metric), value in sums.items():
            try:
                client(account, region, "cloudwatch").put_metric_data(
                    Namespace="AWS/Lambda",
                    MetricData=[
                        {
                            "MetricName": metric,
                            "Dimensions": [{"Name": "FunctionName", "Value": function}],
                            "Unit": "Count",
                            "Value": value,
                        }
                    ],
                )
            except Exception:
                LOG.exception("metric %s of function %s is lost", metric, function)


METRICS = MetricSums()


def install() -> None:
    """Count in place of LocalStack's calls."""
    patches.replace("lambda.metric_invocation", METRICS.invocation)
    patches.replace("lambda.metric_error", METRICS.error)
