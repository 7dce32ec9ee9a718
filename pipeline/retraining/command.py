"""``lake retrain``: a round from its beginning, or from where it was left, to its end."""

from __future__ import annotations

from pipeline.errors import RetrainingError
from pipeline.lake import Lake
from pipeline.log_tail import newest_line
from pipeline.polling import Position
from pipeline.retraining.decision import Thresholds
from pipeline.retraining.loop import advance, begin
from pipeline.retraining.rounds import Round
from pipeline.run_lock import RunLock
from pipeline.training_jobs import LOG_GROUP
from pipeline.uploads import source_directory, upload

__all__ = ["retrain"]

_GLUE_LOGS = ("/aws-glue/jobs/error", "/aws-glue/jobs/output")


def retrain(lake: Lake, *, force: bool = False, dry: bool = False) -> Round:
    """Go through a round, and wait where it waits.

    Args:
        lake: where
        force: train a challenger whatever the signs say
        dry: end with the decision; new deliveries are made training data all the same

    Returns:
        the round, which has ended

    Raises:
        RetrainingError: a step has failed; the champion serves
        RunLockedError: a run is at work
    """
    if not lake.has_bucket():
        raise RetrainingError("There is no lake to retrain in.", "Make it with: lake run")
    lock = RunLock(lake.s3, lake.bucket, lake.settings.state, "lake retrain", lake.cancelled.set)
    with lock:
        return round_to_its_end(lake, Thresholds(), force=force, dry=dry)


def round_to_its_end(lake: Lake, limits: Thresholds, *, force: bool, dry: bool) -> Round:
    """As `retrain`, by somebody who holds the lake."""
    upload(lake, lake.settings.source_key, source_directory(), "application/gzip")
    found = begin(lake, force=force, dry=dry)
    lake.reporter.begin("retrain")
    try:
        lake.poll(
            lambda: _ended(lake, found, limits),
            max(lake.target.waits.training, lake.target.waits.job),
            "the round of retraining (lake retrain goes on with it)",
            lambda: _position(lake, found),
        )
    except BaseException as error:
        lake.reporter.end("retrain", str(error).splitlines()[0] if str(error) else "", ok=False)
        raise
    lake.reporter.end("retrain", found.outcome)
    return found


def _ended(lake: Lake, found: Round, limits: Thresholds) -> bool | None:
    if lake.cancelled.is_set():
        raise RetrainingError("Another run has taken the lake.", "Go on with: lake retrain")
    return True if advance(lake, found, limits) else None


def _position(lake: Lake, found: Round) -> Position:
    at: dict[str, object] = {"step": found.step}
    for note, groups in (
        ("job_run", _GLUE_LOGS),
        ("monitor", (LOG_GROUP,)),
        ("challenger", (LOG_GROUP,)),
    ):
        if note in found.notes:
            at[f"log of {found.notes[note]}"] = newest_line(lake, groups, found.notes[note])
    return at
