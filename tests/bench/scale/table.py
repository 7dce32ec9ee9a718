"""The table of docs/performance.md, between its markers."""

from __future__ import annotations

import datetime
import itertools
import platform
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.bench.scale.growth import WHOLE, exponents
from tests.bench.scale.measuring import Measured

BEGIN = "<!-- written by `make bench-scale`: do not edit from here on -->"
END = "<!-- end of the written part -->"


def machine() -> str:
    """What it was measured on, and when."""
    memory = psutil.virtual_memory().total / 2**30
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"{psutil.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {today}"
    )


def table(runs: Sequence[Measured]) -> str:
    """Seconds and rows per second of each stage by size, exponents, memory by kind of process."""
    sizes = [f"{run.ratings:,}" for run in runs]
    steps = [f"{a} → {b}" for a, b in itertools.pairwise(sizes)]
    growth = [exponents(a, b) for a, b in itertools.pairwise(runs)]
    lines = [f"Measured on {machine()}.", ""]
    lines += _rows(["stage, seconds (ratings/s)", *sizes, *(f"exponent {step}" for step in steps)])
    for stage in [*runs[0].seconds, WHOLE]:
        cells = [_seconds(run, stage) for run in runs]
        lines.append(_row([stage, *cells, *(_power(found, stage) for found in growth)]))
    blank = [""] * len(steps)
    lines.append(
        _row(["processor seconds", *(f"{r.usage.cpu_seconds:,.0f}" for r in runs), *blank])
    )
    lines.append(_row(["peak memory, GB", *(_gigabytes(r.usage.peak) for r in runs), *blank]))
    for kind in sorted({kind for run in runs for kind in run.usage.by_kind}):
        peaks = [_gigabytes(run.usage.by_kind.get(kind, 0)) for run in runs]
        lines.append(_row([f"- {kind}", *peaks, *blank]))
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Put the table between the markers of a document.

    Raises:
        ValueError: it has no markers
    """
    document = path.read_text(encoding="utf-8")
    before, found, rest = document.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"{path} has no markers {BEGIN!r} and {END!r}")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _seconds(run: Measured, stage: str) -> str:
    seconds = run.total if stage == WHOLE else run.seconds.get(stage)
    if seconds is None:
        return "-"
    return f"{seconds:,.1f} ({run.ratings / seconds:,.0f})" if seconds >= 0.1 else f"{seconds:.1f}"


def _power(found: dict[str, float], stage: str) -> str:
    return f"{found[stage]:.2f}" if stage in found else "-"


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.2f}"


def _rows(head: list[str]) -> list[str]:
    return [_row(head), _row(["---", *["---:"] * (len(head) - 1)])]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
