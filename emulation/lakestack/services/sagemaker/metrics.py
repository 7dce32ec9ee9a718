"""Metrics of a training job, read from its log lines by MetricDefinitions.

Amazon SageMaker Developer Guide, "Define Training Metrics".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lakestack import clock
from lakestack.services.patterns import PatternError, compile_pattern

LOG = logging.getLogger(__name__)

MAX_LINE = 4_096


class Metrics:
    """The last value of each metric. Not thread-safe: one thread feeds it lines.

    Args:
        definitions: ``{"Name": ..., "Regex": ...}``, each expression with one group
        notice: told once when a metric is given up, because its expression takes too long
    """

    def __init__(
        self,
        definitions: Iterable[Mapping[str, str]],
        notice: Callable[[str], object] = LOG.warning,
    ) -> None:
        self._expressions = {d["Name"]: compile_pattern(d["Regex"]) for d in definitions}
        self._notice = notice
        self._last: dict[str, dict[str, Any]] = {}

    def feed(self, line: str) -> None:
        """Read one log line; text that is no number is no metric."""
        for name in list(self._expressions):
            try:
                matches = self._expressions[name].finditer(line[:MAX_LINE])
            except PatternError as e:
                del self._expressions[name]
                self._notice(f"metric {name} is not read any further: {e.message}")
                continue
            for found in matches:
                try:
                    value = float(found.group(1))
                except (TypeError, ValueError):
                    continue
                self._last[name] = {"MetricName": name, "Value": value, "Timestamp": clock.wall()}

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList."""
        return list(self._last.values())
