"""What a benchmark found: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured figure and its goal.

    Args:
        name: what was measured
        value: the figure
        unit: "s", "x" (a ratio), "ms", "GB", "records/s"
        goal: the limit
        at_most: whether the goal is an upper limit (else a lower one)
        detail: what it was measured on, and the absolute figures behind a ratio
    """

    name: str
    value: float
    unit: str
    goal: float
    at_most: bool
    detail: str

    @property
    def holds(self) -> bool:
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def show(figures: Iterable[Figure]) -> None:
    """Print the table."""
    table = Table("benchmark", "figure", "goal", "", "measured")
    for f in figures:
        sign = "≤" if f.at_most else "≥"
        verdict = "[green]holds[/]" if f.holds else "[red]MISSED[/]"
        goal = f"{sign} {f.goal:g} {f.unit}"
        value = f"{f.value:,.0f}" if f.value >= 1_000 else f"{f.value:.3g}"
        table.add_row(f.name, f"{value} {f.unit}", goal, verdict, f.detail)
    Console(width=150).print(table)


def write(figures: Iterable[Figure], path: Path) -> None:
    """Write the figures with the machine they were measured on."""
    machine = {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    rows = [{**asdict(f), "holds": f.holds} for f in figures]
    path.write_text(json.dumps({"machine": machine, "figures": rows}, indent=2) + "\n")
