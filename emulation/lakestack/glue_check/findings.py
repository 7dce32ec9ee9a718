"""What a check has found: one thing that a script or a job's definition uses."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from lakestack.services.glue.runtime.awsglue.coverage import Effect, Entry

__all__ = ["Finding", "Verdict"]


class Verdict(StrEnum):
    """What becomes of it here."""

    RUNS = "runs"
    NONE = "without effect"
    REFUSED = "refused"
    RUN_TIME = "decided at run time"


_OF_EFFECT = {
    Effect.APPLIED: Verdict.RUNS,
    Effect.NONE: Verdict.NONE,
    Effect.REFUSED: Verdict.REFUSED,
}


@dataclass(frozen=True, order=True)
class Finding:
    """One use.

    Attributes:
        file: the script or definition, as the user named it
        line: where, from 1 on; 0 where a line says nothing (flags, JSON)
        kind: such as ``format`` or ``connection type``
        name: what is used
        verdict: what becomes of it
        note: what differs, or why
        instead: what to use in its place
    """

    file: str
    line: int
    kind: str
    name: str
    verdict: Verdict
    note: str = ""
    instead: str = ""

    @classmethod
    def of(cls, file: str, line: int, kind: str, name: str, entry: Entry) -> Finding:
        """By a row of the tables."""
        return cls(file, line, kind, name, _OF_EFFECT[entry.effect], entry.note, entry.instead)

    def document(self) -> dict[str, Any]:
        """For ``--json``."""
        return {**asdict(self), "verdict": self.verdict.value}
