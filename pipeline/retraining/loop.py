"""The loop: a round is a chain of steps, each of which begins something or looks whether it ended.

`advance` does what can be done without waiting, so that a caller may wait as it likes: the command
polls, the scheduled function is called again. The round is written after each step, and each step
finds what an interrupted one has begun, so that nothing is done twice whoever goes on with it.
Until the last step the champion serves; a step that fails ends the round and leaves it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.errors import RetrainingError
from pipeline.lake import Lake
from pipeline.retraining import jobs, refresh, registry, swap
from pipeline.retraining.champion import (
    current,
    record_champion,
    record_data,
)
from pipeline.retraining.decision import Signs, Thresholds, decide, judge
from pipeline.retraining.rounds import Round, Rounds, now
from pipeline.training_data import output_digest
from pipeline.training_jobs import artifact_is_there, metrics_of

__all__ = ["STEPS", "advance", "begin", "begin_after_transform", "unfinished"]

_SWAPPING: Final = ("swap", "roll back")

Step = Callable[[Lake, Round, Thresholds], bool]
"""Does its part; whether it is complete, so that the next one may begin."""


def begin(lake: Lake, *, force: bool = False, dry: bool = False) -> Round:
    """The round to go on with: the one that has not ended, or a new one.

    Args:
        lake: where
        force: train a challenger whatever the signs say
        dry: end with the decision

    Raises:
        RetrainingError: there is no model in use
    """
    newest = None if dry else unfinished(lake)
    if newest is not None:
        if newest.step not in _SWAPPING:
            newest.forced = newest.forced or force
        return newest
    found = Round(current(lake).artifact, "crawl", forced=force, dry=dry, began=now())
    _keep(Rounds(lake), found)
    return found


def unfinished(lake: Lake) -> Round | None:
    """The newest round, while it is to be continued.

    Returns:
        None when there is none, or it has ended, or another model is in use than when it began

    Raises:
        RetrainingError: there is no model in use
    """
    newest = Rounds(lake).newest()
    if newest is None or newest.done:
        return None
    # While what serves is being changed, nobody can ask which one is in use.
    known = newest.step in _SWAPPING or newest.champion == current(lake).artifact
    return newest if known else None


def begin_after_transform(lake: Lake, notes: Mapping[str, str]) -> Round:
    """A new round on training data that somebody has made, which trains whatever the signs say.

    Args:
        lake: where
        notes: ``job_run`` of the Glue job, ``delivered`` as `refresh.delivered` gave it before the
            crawl, and whatever the caller finds its round by

    Raises:
        RetrainingError: there is no model in use
    """
    found = Round(current(lake).artifact, "transform", forced=True, began=now(), notes=dict(notes))
    _keep(Rounds(lake), found)
    return found


def advance(lake: Lake, found: Round, thresholds: Thresholds) -> bool:
    """Go on with a round as far as nothing has to be waited for.

    Args:
        lake: where
        found: the round; changed, and written after each step unless it is a dry one
        thresholds: from where on a sign counts

    Returns:
        whether it has ended

    Raises:
        RetrainingError: a step has failed; the round has ended
        ClientError: a service does not do what it was asked for; the next call goes on from here
    """
    rounds = Rounds(lake)
    while not found.done:
        before, notes = found.step, dict(found.notes)
        lake.reporter.progress("retrain", TITLES[before])
        try:
            complete = STEPS[before](lake, found, thresholds)
        except (ClientError, BotoCoreError):
            raise  # no answer, or no permission: the next call goes on from here
        except Exception as error:
            found.end("failed", getattr(error, "message", f"{type(error).__name__}: {error}"))
            _keep(rounds, found)
            raise
        if complete and found.step == before:
            names = list(STEPS)
            found.step = names[names.index(before) + 1]
        if found.step != before or found.notes != notes:
            _keep(rounds, found)
        if not complete and found.notes == notes:
            return False
    return True


def _keep(rounds: Rounds, found: Round) -> None:
    """Write a round, unless it is a dry one, which is never continued."""
    if not found.dry:
        rounds.write(found)


def _crawl(lake: Lake, found: Round, _: Thresholds) -> bool:
    if "crawl" not in found.notes:
        now_delivered = refresh.delivered(lake)
        if not refresh.is_new(lake, now_delivered):
            found.data = output_digest(lake)
            found.step = "monitor"
            return True
        found.notes |= {"delivered": now_delivered, "crawl": refresh.begin_crawl(lake)}
        return False
    return refresh.crawl_ended(lake, found.notes["crawl"])


def _transform(lake: Lake, found: Round, _: Thresholds) -> bool:
    run_id = found.notes.get("job_run")
    if run_id is None:
        run_id = refresh.begin_transform(lake)
        if run_id is not None:
            found.notes |= {"job_run": run_id}
        return False
    if not refresh.job_ended(lake, run_id):
        return False
    found.data = record_data(lake, run_id, found.notes["delivered"])
    return True


def _monitor(lake: Lake, found: Round, thresholds: Thresholds) -> bool:
    if "monitor" not in found.notes:
        found.notes |= {"monitor": jobs.begin_job(lake, "monitor.py", found.champion, found.data)}
        return False
    name = found.notes["monitor"]
    if jobs.ended_job(lake, name) is None:
        return False
    report = jobs.report_of(lake, name, "monitor.json")
    signs = Signs.of(report)
    decision = decide(signs, thresholds, force=found.forced)
    found.signs, found.reasons = signs.as_dict(), decision.reasons
    if not decision.retrain:
        found.end("kept", "; ".join(decision.reasons))
    elif found.dry:
        found.end("kept", "dry run: a challenger would be trained")
    return True


def _challenge(lake: Lake, found: Round, _: Thresholds) -> bool:
    if "challenger" not in found.notes:
        name = jobs.begin_job(lake, "train.py", found.champion, found.data)
        found.notes |= {"challenger": name}
        return False
    job = jobs.ended_job(lake, found.notes["challenger"])
    if job is None:
        return False
    report = jobs.report_of(lake, found.notes["challenger"], "metrics.json")
    found.challenge = report["challenge"]
    found.notes |= {
        "artifact": job["ModelArtifacts"]["S3ModelArtifacts"],
        "metrics": metrics_of(job),
    }
    return True


def _register(lake: Lake, found: Round, thresholds: Thresholds) -> bool:
    champion = current(lake)
    facts = {"trained-by": champion.job, "role": "first champion"}
    registry.register(
        lake, champion.artifact, facts, "Approved", "in use before anything was compared"
    )
    challenge = found.challenge or {}
    verdict = judge(challenge, thresholds)
    facts = {
        "trained-by": found.notes["challenger"],
        "challenged": champion.job,
        "data": found.data,
        "ndcg": f"{challenge['challenger']['mean']:.6f}",
        "champion-ndcg": f"{challenge['champion']['mean']:.6f}",
        "slice-rows": str(challenge["slice"]["rows"]),
    }
    package = registry.register(lake, found.notes["artifact"], facts)
    found.notes |= {"package": package.arn}
    found.verdict = verdict.reason
    if package.status == "Rejected" and verdict.promote and not found.forced:
        found.end("refused", f"the registry has rejected the same model before: {package.reason}")
    elif not verdict.promote:
        registry.decide_on(lake, package.arn, "Rejected", verdict.reason)
        found.end("refused", verdict.reason)
    return True


def _swap(lake: Lake, found: Round, _: Thresholds) -> bool:
    artifact = found.notes["artifact"]
    if "before" not in found.notes:
        if artifact_is_there(lake, artifact):
            found.notes |= {"before": swap.serving_parameters(lake, found.champion)}
            return False
        reason = f"{found.verdict}; refused, because its artifact {artifact} is gone"
        registry.decide_on(lake, found.notes["package"], "Rejected", reason)
        found.end("refused", reason)
        return True
    where, why = swap.standing(lake, artifact)
    if where == "other" and not (why and found.notes.get("asked")):
        swap.begin_swap(lake, swap.serving_parameters(lake, artifact))
        found.notes |= {"asked": True}
    elif where == "other":
        _reject(lake, found, f"it did not come into service: {why}")
    elif where == "serves":
        _in_service(lake, found, artifact)
    return where == "serves" or found.done


def _in_service(lake: Lake, found: Round, artifact: str) -> None:
    """The new model answers /ping: whether it answers questions too."""
    fault = swap.smoke_fault(lake, (found.challenge or {}).get("ask", ()))
    if fault:
        found.notes |= {"fault": fault}
        found.step = "roll back"
        return
    registry.decide_on(lake, found.notes["package"], "Approved", found.verdict)
    record_champion(lake, found.notes["challenger"], artifact, found.notes["metrics"])
    found.end("promoted", found.verdict)


def _roll_back(lake: Lake, found: Round, _: Thresholds) -> bool:
    if not found.notes.get("back"):
        swap.begin_swap(lake, found.notes["before"])
        found.notes |= {"back": True}
        return False
    where, why = swap.standing(lake, found.champion)
    if where == "at work":
        return False
    if where == "other":
        raise RetrainingError(
            f"The endpoint could not be given back to {found.champion}: "
            f"{why or 'the stack has another model'}.",
            "Deploy it again with: lake run --from deploy --force",
        )
    _reject(lake, found, f"it failed the smoke test: {found.notes['fault']}")
    return True


def _reject(lake: Lake, found: Round, why: str) -> None:
    reason = f"{found.verdict}; rolled back, because {why}"
    registry.decide_on(lake, found.notes["package"], "Rejected", reason)
    found.end("rolled back", reason)


STEPS: Final[Mapping[str, Step]] = MappingProxyType(
    {
        "crawl": _crawl,
        "transform": _transform,
        "monitor": _monitor,
        "challenge": _challenge,
        "register": _register,
        "swap": _swap,
        "roll back": _roll_back,
    }
)
"""In their order; each may end the round, or name the step that comes after it."""

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "crawl": "looking for new deliveries",
        "transform": "making training data of them",
        "monitor": "looking at what has come since the champion",
        "challenge": "training a challenger",
        "register": "comparing and registering",
        "swap": "changing the model behind the endpoint",
        "roll back": "going back to the champion",
    }
)
"""By step, for people."""
