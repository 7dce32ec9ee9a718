"""Values of metrics: collected for a moment, and put into CloudWatch together.

A request for each value costs more than what is measured. Every value is kept: CloudWatch takes
several of a kind with their counts (CloudWatch API Reference, "MetricDatum").
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from localstack.aws.connect import connect_to

from lakestack import clock
from lakestack.services.batches import Batches
from lakestack.services.metrics.published import KNOWN

LOG = logging.getLogger(__name__)

BATCH_SECONDS = 1.0
"""Our guess; AWS's metrics come each minute."""
MAX_VALUES, MAX_DATA = 150, 100
"""API "MetricDatum": at most 150 values. A request may have 1000 data."""


class Kind(NamedTuple):
    """Whose metric it is, and which."""

    account: str
    region: str
    namespace: str
    dimensions: tuple[tuple[str, str], ...]
    metric: str
    unit: str


class Collector:
    """Takes values, and publishes them from a thread of its own."""

    def __init__(self) -> None:
        self._values: defaultdict[Kind, Counter[float]] = defaultdict(Counter)
        self._lock, self._publishing = threading.Lock(), threading.Lock()
        self._batches = Batches("metrics", BATCH_SECONDS, self.publish)

    def add(self, kind: Kind, value: float) -> None:
        """Take a value.

        Raises:
            ValueError: the table of what is published does not have it
        """
        with self._lock:
            if kind not in self._values:
                _check(kind)
            self._values[kind][value] += 1
        self._batches.note()

    def publish(self) -> None:
        """Put what has been taken so far into CloudWatch; the log tells what could not be."""
        with self._publishing:
            with self._lock:
                taken, self._values = self._values, defaultdict(Counter)
            try:
                self._put(taken)
            except Exception as e:
                LOG.info("metrics were not put into CloudWatch: %s", e)

    def drop(self, covers: Callable[[str, str], bool]) -> None:
        """Forget values before a reset; what is being published is in CloudWatch afterwards.

        Args:
            covers: says of account and region whether their values are meant
        """
        with self._publishing, self._lock:
            for kind in [k for k in self._values if covers(k.account, k.region)]:
                del self._values[kind]

    @staticmethod
    def _put(taken: dict[Kind, Counter[float]]) -> None:
        by_place: defaultdict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        now = clock.utc()
        for kind, values in taken.items():
            by_place[kind.account, kind.region, kind.namespace] += _data(kind, values, now)
        for (account, region, namespace), data in by_place.items():
            client = connect_to(region_name=region, aws_access_key_id=account).cloudwatch
            for at in range(0, len(data), MAX_DATA):
                client.put_metric_data(Namespace=namespace, MetricData=data[at : at + MAX_DATA])


def _check(kind: Kind) -> None:
    names = tuple(name for name, _ in kind.dimensions)
    if (kind.namespace, names, kind.metric) not in KNOWN:
        raise ValueError(f"{kind.namespace} {kind.metric} by {names} is not in `PUBLISHED`")


def _data(kind: Kind, values: Counter[float], now: Any) -> Iterator[dict[str, Any]]:
    pairs = list(values.items())
    for at in range(0, len(pairs), MAX_VALUES):
        part = pairs[at : at + MAX_VALUES]
        yield {
            "MetricName": kind.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in kind.dimensions],
            "Unit": kind.unit,
            "Timestamp": now,
            "Values": [float(value) for value, _ in part],
            "Counts": [float(count) for _, count in part],
        }


COLLECTOR = Collector()
