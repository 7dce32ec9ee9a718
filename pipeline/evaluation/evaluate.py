"""`lake evaluate`: fetch the data, have it measured, and hand back what was found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import EvaluationError
from pipeline.evaluation.champion import Champion
from pipeline.lake import Reporter

__all__ = ["Evaluation", "Wanted", "evaluate"]

_SCRIPT: Final = Path(__file__).resolve().parents[2] / "models" / "evaluate.py"
_STEP: Final = "evaluate"
_FAILED: Final = "evaluation failed: "
_TAIL_LINES: Final = 20


@dataclass(frozen=True)
class Wanted:
    """What is to be measured; None is left to the models' side.

    Attributes:
        users: at most so many users are measured
        people: users whose recommendations are shown
        details: curves, groups, drift and people, as the report wants them
    """

    algorithms: Sequence[str] = ()
    protocols: Sequence[str] = ()
    preset: str | None = None
    k: int | None = None
    test_fraction: float | None = None
    seed: int | None = None
    users: int | None = None
    people: Sequence[int] = ()
    details: bool = False

    def request(self, champion: Champion) -> dict[str, Any]:
        """The document that ``models/evaluate.py`` reads."""
        given = {
            "settings": champion.settings,
            "algorithms": list(self.algorithms),
            "protocols": list(self.protocols),
            "preset": self.preset,
            "k": self.k,
            "test_fraction": self.test_fraction,
            "seed": self.seed,
            "users": self.users,
            "people": list(self.people),
            "details": self.details,
        }
        return {name: value for name, value in given.items() if value not in (None, [])}


@dataclass(frozen=True)
class Evaluation:
    """What was found.

    Attributes:
        found: the document of ``models/evaluate.py``
        origin: where the ratings come from
    """

    found: dict[str, Any]
    origin: str
    champion: Champion
    report: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "source": self.origin,
            "champion_from": self.champion.origin,
            **self.found,
            "report": None if self.report is None else str(self.report),
        }


def evaluate(
    channel: Path, origin: str, champion: Champion, wanted: Wanted, reporter: Reporter
) -> Evaluation:
    """Measure on the channel, in a process of its own whose memory ends with it.

    Args:
        origin: where the channel's rows come from, for the answer

    Raises:
        EvaluationError: a wrong value, or data that cannot be measured
    """
    with tempfile.TemporaryDirectory(prefix="lake-evaluate-") as work:
        request, output = Path(work) / "request.json", Path(work) / "found.json"
        request.write_text(json.dumps(wanted.request(champion)), encoding="utf-8")
        command = [sys.executable, str(_SCRIPT), "--channel", str(channel)]
        command += ["--request", str(request), "--output", str(output)]
        _run(command, Path(work) / "errors.txt", reporter)
        found = json.loads(output.read_text(encoding="utf-8"))
    return Evaluation(found, origin, champion)


def _run(command: list[str], errors: Path, reporter: Reporter) -> None:
    reporter.begin(_STEP)
    with errors.open("w+", encoding="utf-8", errors="replace") as log:
        # Its own group is not wanted: an interrupt at the terminal ends both.
        child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            for line in child.stdout or ():
                reporter.progress(_STEP, line.strip())
            status = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        log.seek(0)
        lines = log.read().splitlines()
    reporter.end(_STEP, "failed" if status else "complete", ok=not status)
    if status:
        raise _failure(status, lines)


def _failure(status: int, lines: list[str]) -> EvaluationError:
    reason = next((line for line in reversed(lines) if line.startswith(_FAILED)), "")
    if reason:
        return EvaluationError(f"{reason.removeprefix(_FAILED)}.", "See: lake evaluate --help")
    ended = f"signal {-status}" if status < 0 else f"exit status {status}"
    tail = "\n".join(lines[-_TAIL_LINES:])
    return EvaluationError(
        f"The evaluation ended with {ended} and no reason. {tail}".strip(),
        "Give it more memory or fewer users: lake evaluate --users 5000",
    )
