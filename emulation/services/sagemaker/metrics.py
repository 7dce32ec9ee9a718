"""Metrics of a training job, read from its log lines by MetricDefinitions.

Amazon SageMaker Developer Guide, "Define Training Metrics".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from emulation import clock

# A user's expression runs inside the emulator: bounded input keeps a careless one bounded.
MAX_LINE = 4_096


class Metrics:
    """The last value of each metric. Not thread-safe: one thread feeds it lines.

    :param definitions: ``{"Name": ..., "Regex": ...}``, each expression with one group
    """

    def __init__(self, definitions: Iterable[Mapping[str, str]]) -> None:
        self._expressions = [(d["Name"], re.compile(d["Regex"])) for d in definitions]
        self._last: dict[str, dict[str, Any]] = {}

    def feed(self, line: str) -> None:
        """Read one log line; text that is no number is no metric."""
        for name, expression in self._expressions:
            for found in expression.finditer(line[:MAX_LINE]):
                try:
                    value = float(found.group(1))
                except (TypeError, ValueError):
                    continue
                self._last[name] = {"MetricName": name, "Value": value, "Timestamp": clock.wall()}

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList."""
        return list(self._last.values())
