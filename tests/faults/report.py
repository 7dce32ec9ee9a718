"""The table of a run of the matrix: for people, for programs, and for docs/reliability.md."""

from __future__ import annotations

import json
import os
import platform
import time
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.faults.matrix import FAULTS, STAGES, rows
from tests.faults.outcome import CONVERGED, FAILED, SKIPPED, WENT_ON
from tests.faults.trial import Result
from tests.support import PROJECT

DOCUMENT = PROJECT / "docs" / "reliability.md"
BEGIN = "<!-- the table begins: written by `make test-faults FAULTS=--write` -->"
END = "<!-- the table ends -->"
KEPT = ("outcome", "seconds", "reruns", "text", "day", "seed")
"""Fields of a result that are written under their own names."""
_SHORT = {WENT_ON: "went on", CONVERGED: "converged", FAILED: "**FAILED**", SKIPPED: "skipped"}


def line(result: Result) -> str:
    """A row that has ended, for people who watch."""
    parts = [f"{result.outcome:<18}", f"{result.seconds:5.0f} s", result.row.name]
    if result.reruns:
        parts.append(f"{result.reruns} rerun{'s' if result.reruns > 1 else ''}")
    parts += [part for part in (result.fault, result.text.partition("\n")[0]) if part]
    return " · ".join(parts)


def summary(results: Sequence[Result], seconds: float) -> str:
    """How many of each outcome, and how long it took."""
    return f"{len(results)} rows in {seconds / 60:.0f} min: {_outcomes(results)}"


def _outcomes(results: Sequence[Result]) -> str:
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[kind]} {kind}" for kind in _SHORT if counts[kind]) or "none"


def today() -> str:
    """The date in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def machine() -> dict[str, str]:
    """Where and on what the rows were run."""
    return {
        "date": today(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "localstack": version("localstack-core"),
    }


def write_json(results: Sequence[Result], path: Path) -> None:
    """Write the results with the machine they come from."""
    written = [
        {
            "stage": r.row.stage,
            "where": r.row.where,
            "fault": r.row.fault,
            "outcome": r.outcome,
            "seconds": round(r.seconds, 1),
            "reruns": r.reruns,
            "made": r.fault,
            "text": r.text,
            "day": r.day,
            "seed": r.seed,
        }
        for r in results
    ]
    document = {"machine": machine(), "rows": written}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_json(path: Path) -> list[Result]:
    """What `write_json` has written, of rows that there still are; none without the file."""
    known = {(row.stage, row.where, row.fault): row for row in rows()}
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": []}
    return [
        Result(row, **{name: r[name] for name in KEPT if name in r}, fault=r["made"])
        for r in document["rows"]
        if (row := known.get((r["stage"], r["where"], r["fault"])))
    ]


def added(before: Sequence[Result], now: Sequence[Result]) -> list[Result]:
    """All results, those of `now` in place of older ones of the same row, in the rows' order.

    A row that was skipped now keeps the result that it had.
    """
    found = {result.row: result for result in before}
    found |= {r.row: r for r in now if r.outcome != SKIPPED or r.row not in found}
    return [found[row] for row in rows() if row in found]


def write_document(results: Sequence[Result], of: int) -> None:
    """Put the table between the markers of docs/reliability.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = markdown(results, of)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table}\n{END}{after}", encoding="utf-8")


def markdown(results: Sequence[Result], of: int) -> str:
    """The table: a line for each process, link or disk in a stage, a column for each fault."""
    where = machine()
    run = sum(result.outcome != SKIPPED for result in results)
    part = "every row" if run == of else f"{run} of {of} rows"
    days = sorted({result.day for result in results if result.day} or {where["date"]})
    seeds = ", ".join(f"`{seed}`" for seed in sorted({r.seed for r in results if r.seed}))
    head = (
        f"{' to '.join(dict.fromkeys((days[0], days[-1])))}, {where['system']}, "
        f"Python {where['python']}, LocalStack {where['localstack']}, seed {seeds}: "
        f"{part}.\n{_outcomes(results)}.\n\n"
    )
    cells: dict[tuple[str, str], dict[str, Result]] = {}
    for result in results:
        cells.setdefault((result.row.stage, result.row.where), {})[result.row.fault] = result
    lines = [
        f"| stage | where | {' | '.join(FAULTS)} |",
        f"|---|---|{'---|' * len(FAULTS)}",
    ]
    for (stage, victim), found in sorted(cells.items(), key=_by_stage):
        texts = " | ".join(_cell(found.get(fault)) for fault in FAULTS)
        lines.append(f"| {stage} | {victim} | {texts} |")
    return head + "\n".join(lines) + "\n"


def _by_stage(item: tuple[tuple[str, str], Any]) -> tuple[int, str]:
    (stage, victim), _ = item
    return STAGES.index(stage), victim


def _cell(result: Result | None) -> str:
    if result is None:
        return ""
    text = _SHORT[result.outcome]
    if result.outcome in (SKIPPED, FAILED):
        return text
    reruns = f", {result.reruns} ↻" if result.reruns else ""
    return f"{text}, {result.seconds:.0f} s{reruns}"
