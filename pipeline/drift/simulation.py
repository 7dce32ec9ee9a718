"""``lake simulate-drift``: the model before the shift, at the bottom, and after retraining."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline.drift.plot import Point, draw
from pipeline.drift.tastes import Rating, Tastes, calm, shifted
from pipeline.drift.waves import lake_ratings, stream_wave
from pipeline.errors import RetrainingError
from pipeline.lake import Lake
from pipeline.retraining.champion import current
from pipeline.retraining.command import round_to_its_end
from pipeline.retraining.decision import Thresholds
from pipeline.retraining.jobs import report_of
from pipeline.retraining.rounds import Round
from pipeline.run_lock import RunLock
from pipeline.simulated_ratings import drift_keys, simulated

__all__ = ["Drift", "simulate_drift"]

CALM, SHIFTED, AFTER = 5, 20, 5
"""Ratings of each person: before the shift, after it, and after the retraining.

Half of those after it are the slice that both models are measured on, and of a handful no model
learns a fashion among thousands of movies (tests/unit/retraining/test_learnable_shift.py)."""
MOST_USERS: Final = 400


@dataclass
class Drift:
    """What came of it.

    Attributes:
        seed: of the tastes
        users: who took part
        before: mean nDCG of the champion on the ratings before the shift
        bottom: its lowest on a part of the ratings after the shift
        after: of the model that serves in the end, on later ratings of the shifted tastes
        outcome: of the round of retraining between them
        verdict: why
        reasons: for the retraining
        seconds: from the first shifted rating to the other model in service
        ratings: how many shifted ratings that took
        points: the curve
        plot: the file it is drawn in
        stays: what stays in the lake
    """

    seed: int
    users: int = 0
    before: float = 0.0
    bottom: float = 0.0
    after: float = 0.0
    outcome: str = ""
    verdict: str = ""
    reasons: list[str] = field(default_factory=list)
    seconds: float = 0.0
    ratings: int = 0
    points: list[Point] = field(default_factory=list)
    plot: str = ""
    stays: list[str] = field(default_factory=list)

    @property
    def recovered(self) -> float:
        """Share of what was lost that came back; 0 when nothing was lost."""
        lost = self.before - self.bottom
        return (self.after - self.bottom) / lost if lost > 0 else 0.0

    @property
    def ok(self) -> bool:
        """Whether another model serves, and is better than the bottom."""
        return self.outcome == "promoted" and self.after > self.bottom

    def failure(self) -> RetrainingError:
        """The error that says why there was no recovery."""
        return RetrainingError(
            f"The model has not recovered: nDCG {self.before:.3f} before the shift, "
            f"{self.bottom:.3f} at the bottom, {self.after:.3f} in the end; the round was "
            f"{self.outcome}: {self.verdict}.",
            "See the signs with: lake retrain --dry-run",
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "recovered": self.recovered, "ok": self.ok}


def simulate_drift(lake: Lake, seed: int, plot: Path, most_users: int = MOST_USERS) -> Drift:
    """Shift tastes in the stream, retrain, and look whether that helps.

    Args:
        lake: filled and not paused
        seed: of people, circles and fashions
        plot: SVG file that is written
        most_users: people who take part

    Raises:
        RetrainingError: there is no model in use, or a step of the round fails
        DataError: the lake has too few people or movies
        RunLockedError: a run is at work
    """
    lock = RunLock(
        lake.s3, lake.bucket, lake.settings.state, "lake simulate-drift", lake.cancelled.set
    )
    current(lake)  # or else there is nothing to see
    with lock:
        lake.reporter.begin("simulate-drift")
        try:
            found = _simulate(lake, seed, most_users)
        except BaseException as error:
            text = str(error).splitlines()[0] if str(error) else ""
            lake.reporter.end("simulate-drift", text, ok=False)
            raise
        lake.reporter.end("simulate-drift", found.outcome)
    plot.write_text(draw(found.points, f"Taste shift, seed {seed}"), encoding="utf-8")
    found.plot = str(plot)
    return found


def _simulate(lake: Lake, seed: int, most_users: int) -> Drift:
    limits = Thresholds()
    tastes = Tastes.of(lake_ratings(lake), most_users, seed)
    found = Drift(seed, users=len(tastes.user_ids))
    quiet = calm(tastes, CALM, seed)
    tastes = tastes.with_ratings(quiet)
    fashions = seed + len(drift_keys(lake))  # of a former drift people have rated all
    loud = shifted(tastes, SHIFTED, seed + 1, fashions, leave=AFTER)
    tastes = tastes.with_ratings(loud)
    lake.reporter.line(
        f"{len(quiet):,} ratings by the tastes of so far, then {len(loud):,} by new ones"
    )
    stream_wave(lake, quiet, seed, "calm")
    began = time.monotonic()
    stream_wave(lake, loud, seed, "shifted")
    first = round_to_its_end(lake, limits, force=False, dry=False)
    found.seconds, found.ratings = round(time.monotonic() - began, 1), len(loud)
    found.outcome, found.verdict, found.reasons = first.outcome, first.verdict, first.reasons
    shift = loud[0][3]
    series = _series(lake, first)
    found.points = [Point.of(p, "champion", shifted=p["begin"] >= shift) for p in series]
    last = shifted(tastes, AFTER, seed + 2, fashions)
    _after(lake, found, last, limits)
    stays = simulated(lake).rows
    found.stays = [
        f"{stays:,} simulated ratings, in firehose/, table {lake.settings.streamed_table} and the "
        "training data; lake verify counts them",
        "take them out with: lake run --from stream --force",
    ]
    calm_points = [p for p in found.points if p.model == "champion" and not p.shifted]
    loud_points = [p for p in found.points if p.model == "champion" and p.shifted]
    after_points = [p for p in found.points if p.model != "champion"]
    found.before, found.after = _mean(calm_points), _mean(after_points)
    found.bottom = min((p.mean for p in loud_points), default=0.0)
    return found


def _after(lake: Lake, found: Drift, last: list[Rating], limits: Thresholds) -> None:
    """Later ratings of the shifted tastes, and the model that serves then."""
    lake.reporter.line(f"{len(last):,} later ratings by the new tastes")
    stream_wave(lake, last, found.seed, "after")
    second = round_to_its_end(lake, limits, force=False, dry=True)
    model = "new model" if found.outcome == "promoted" else "champion, still"
    new = [p for p in _series(lake, second) if p["begin"] >= last[0][3]]
    found.points += [Point.of(p, model, shifted=True) for p in new]


def _series(lake: Lake, found: Round) -> list[dict[str, Any]]:
    """The curve over time that the round's look has measured."""
    return list(report_of(lake, found.notes["monitor"], "monitor.json")["series"])


def _mean(points: list[Point]) -> float:
    users = sum(p.users for p in points)
    return sum(p.mean * p.users for p in points) / users if users else 0.0
