"""A check's findings as text and as one document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.repository import Repository

__all__ = ["document", "lines"]

_ORDER = (Verdict.REFUSED, Verdict.RUN_TIME, Verdict.NONE, Verdict.RUNS)
_LINES_SHOWN = 8


def document(repository: Repository, findings: Sequence[Finding]) -> dict[str, Any]:
    """For ``--json``: scripts, jobs, findings, and how many there are of each verdict."""
    return {
        "scripts": [script.file for script in repository.scripts],
        "jobs": [
            {"file": job.file, "name": job.name, "command": job.command, "script": job.script}
            for job in repository.jobs
        ],
        "findings": [found.document() for found in findings],
        "count": counts(findings),
    }


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each verdict, by its word."""
    found = Counter(each.verdict for each in findings)
    return {verdict.value: found[verdict] for verdict in Verdict}


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The text: for each file its findings, the refused ones first; equal ones in one line."""
    for file, of_file in groupby(sorted(findings), key=lambda each: each.file):
        here = list(of_file)
        told = ", ".join(f"{n} {verdict}" for verdict, n in counts(here).items() if n)
        yield f"{file}: {told}"
        for verdict in _ORDER:
            yield from _of_verdict([each for each in here if each.verdict is verdict])


def _of_verdict(findings: Sequence[Finding]) -> Iterator[str]:
    equal: dict[tuple[str, str, str, str, Verdict], list[int]] = {}
    for each in findings:
        key = (each.kind, each.name, each.note, each.instead, each.verdict)
        equal.setdefault(key, []).append(each.line)
    for (kind, name, note, instead, verdict), numbers in equal.items():
        told = f"    {verdict.value:19} {kind} {name}{_where(numbers)}"
        if note:
            told += f": {note}"
        yield told + (f"; instead: {instead}" if instead else "")


def _where(numbers: Sequence[int]) -> str:
    known = sorted({number for number in numbers if number})
    if not known:
        return ""
    shown = ", ".join(str(number) for number in known[:_LINES_SHOWN])
    more = "" if len(known) <= _LINES_SHOWN else f" and {len(known) - _LINES_SHOWN} more"
    return f" (line{'s' if len(known) > 1 else ''} {shown}{more})"
