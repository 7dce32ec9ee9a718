"""Runs the stages: infrastructure first, then whatever is not done, side by side where possible.

What is done is skipped when its inputs have not changed and its outputs are still there. One run
at a time holds the lake. After the last stage the lake is verified.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from pipeline.cloudformation import Outcome
from pipeline.data import Dataset, Source
from pipeline.earlier import take_earlier
from pipeline.errors import (
    LakeError,
    RunLockedError,
    SettingsError,
    SourceChangedError,
    StageError,
    StageTimeoutError,
    StateLostError,
    TargetUnreachableError,
)
from pipeline.infrastructure import begin_deployment, deploy_bucket, upload_code
from pipeline.lake import Lake
from pipeline.ownership import require_no_foreign_tables
from pipeline.reactive.stack import make_reactive
from pipeline.run_lock import RunLock
from pipeline.run_state import Record, fingerprint
from pipeline.slow_step import SlowStep
from pipeline.stages import STAGES, Stage, Work
from pipeline.stages.recommend import Recommendations, titles_for
from pipeline.staging import stage_files
from pipeline.target_checks import note_findings
from pipeline.target_room import require_target_room
from pipeline.verify import Verification, verify_lake

__all__ = ["Plan", "RunResult", "StageOutcome", "run"]

TITLES = 10
WAKE_SECONDS = 1.0
_KNOWN = (RunLockedError, SourceChangedError, TargetUnreachableError)
"""Errors whose cause is known: no need to look for a vanished bucket."""


@dataclass(frozen=True)
class Plan:
    """Which stages to run."""

    start: str | None = None
    """Begin at this stage."""
    only: str | None = None
    """This stage alone."""
    force: bool = False
    """Redo them even if they are done."""
    reactive: bool = False
    """Make the lake react to files under raw/, after the stages."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Hyper-parameters of the training job, by name; of `train` alone."""

    def stages(self) -> list[Stage]:
        """The stages chosen, in order.

        Raises:
            SettingsError: a stage of that name does not exist, or both choices are given
        """
        names = [stage.name for stage in STAGES]
        for given in (self.start, self.only):
            if given is not None and given not in names:
                raise SettingsError(
                    f"There is no stage {given!r}; the stages are {', '.join(names)}.",
                    f"lake run --from {names[0]}",
                )
        if self.start and self.only:
            raise SettingsError(
                f"--from {self.start} and --only {self.only} exclude each other.",
                f"lake run --from {self.start}; or: lake run --only {self.only}",
            )
        if self.only:
            return [STAGES[names.index(self.only)]]
        return list(STAGES[names.index(self.start) :] if self.start else STAGES)


@dataclass(frozen=True)
class StageOutcome:
    """How one stage went."""

    stage: str
    skipped: bool
    seconds: float
    text: str
    counts: dict[str, int]


@dataclass
class RunResult:
    """What a run has done, and how the lake stands after it."""

    origin: str
    seconds: float = 0.0
    outcomes: list[StageOutcome] = field(default_factory=list)
    verification: Verification | None = None
    recommendations: Recommendations | None = None

    @property
    def ok(self) -> bool:
        """Whether all counts reconcile (a run of some stages is not verified)."""
        return self.verification is None or self.verification.ok

    def failure(self) -> LakeError:
        """The error that says which count is off."""
        if self.verification is None:
            raise ValueError("a run that was not verified has no failure")
        return self.verification.failure()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": self.ok,
            "data": self.origin,
            "seconds": round(self.seconds, 2),
            "stages": [vars(outcome) for outcome in self.outcomes],
            "verification": self.verification.as_dict() if self.verification else None,
            "recommendations": self.recommendations.as_dict() if self.recommendations else None,
        }


def run(lake: Lake, *, source: Source, plan: Plan, user: int) -> RunResult:
    """Fill the lake as far as `plan` says.

    Args:
        source: of the data
        user: whose recommendations are shown at the end

    Raises:
        LakeError: whatever goes wrong, with the next command
    """
    began = time.monotonic()
    stages = plan.stages()
    _require_earlier(lake, stages)
    with SlowStep(lake.reporter, "data") as progress:
        _go_on(lake, source)
        dataset = source.load(lake.reporter.line, progress)
    lake.reporter.line(f"data: {dataset.origin}")
    result = RunResult(origin=dataset.origin)
    with _step(lake, "infrastructure"):
        take_earlier(lake, to_change=True)
        require_no_foreign_tables(lake)  # or else it is found after minutes that cost money
        deploy_bucket(lake.stacks, lake.reporter.line)
    with (
        _state_loss_named(lake),
        RunLock(lake.s3, lake.bucket, lake.settings.state, "lake run", lake.cancelled.set),
    ):
        if _same_source(lake, dataset) is None:
            require_target_room(lake.target.name, dataset)
        upload_code(lake)
        staged = stage_files(lake, dataset.files)
        with ThreadPoolExecutor(max_workers=4, thread_name_prefix="stack") as pool:
            made = begin_deployment(lake, staged, pool, lake.reporter.line)
            lake.once.begin()
            result.outcomes = _run_stages(lake, dataset, stages, made, plan)
            if {stack.result() for stack in made.values()} - {Outcome.UNCHANGED}:
                lake.once.end()
        if plan.reactive:
            with _step(lake, "reactive"):
                make_reactive(lake)
        if plan.only is None:
            with _step(lake, "verify"):
                result.verification = verify_lake(lake)
            result.recommendations = titles_for(lake, user, TITLES)
    result.seconds = time.monotonic() - began
    return result


def _require_earlier(lake: Lake, stages: list[Stage]) -> None:
    """See that what the chosen stages need and is not among them has been done.

    Raises:
        StageError: it has not
    """
    chosen = {stage.name for stage in stages}
    for stage in stages:
        for need in stage.needs:
            if need in chosen:
                continue
            try:
                record = lake.state.read(need)
            except ClientError:
                return  # what is wrong with the bucket is said when it is needed
            if record is None or record.status != "done":
                raise StageError(
                    f"Stage {stage.name} needs stage {need}, which has not been done.",
                    "Make all that is missing with: lake run",
                )


def _go_on(lake: Lake, source: Source) -> None:
    """Where no source is given, the one that the lake was filled from is meant."""
    if source.given is not None:
        return
    try:
        landed = lake.state.read("land")
    except ClientError:
        return  # what is wrong with the bucket is said when it is needed
    if landed and {"source", "origin", "kind"} <= landed.details.keys():
        details = landed.details
        source.go_on(details["source"], details["origin"], details["kind"])


def _same_source(lake: Lake, dataset: Dataset) -> Record | None:
    """A lake is filled from one source: another one would leave rows of both in the tables.

    Returns:
        how it was landed before; None when it is to be
    """
    landed = lake.state.read("land")
    if landed and landed.details.get("source", dataset.fingerprint) != dataset.fingerprint:
        raise SourceChangedError(
            f"The lake was filled from another source ({landed.details.get('origin', 'unknown')})"
            f" than the one given now ({dataset.origin}).",
            "Give the same one again (--movielens), or empty the lake first with: lake destroy",
        )
    return landed


def _run_stages(
    lake: Lake,
    dataset: Dataset,
    stages: list[Stage],
    made: Mapping[str, Future[Outcome]],
    plan: Plan,
) -> list[StageOutcome]:
    """Run each stage as soon as those that it needs are done; stop at the first failure.

    Args:
        made: stacks on their way, by template
    """
    waiting = {stage.name: stage for stage in stages}
    running: dict[Future[StageOutcome], str] = {}
    outcomes: list[StageOutcome] = []
    failure: BaseException | None = None
    with ThreadPoolExecutor(max_workers=2) as pool, _waits_end_when_interrupted(lake):
        while waiting or running:
            busy = {*waiting, *running.values()}
            for name, stage in list(waiting.items()):
                if failure is None and not busy.intersection(stage.needs):
                    running[pool.submit(_run_stage, lake, dataset, stage, made, plan)] = name
                    del waiting[name]
            if not running:
                break
            # Wakes at intervals: Ctrl-C in the instant before the wait would not end it.
            ended, _ = wait(running, WAKE_SECONDS, FIRST_COMPLETED)
            for future in ended:
                del running[future]
                error = future.exception()
                if error is None:
                    outcomes.append(future.result())
                elif failure is None:
                    failure = error
                    lake.cancelled.set()
    if failure is not None:
        raise failure
    return outcomes


def _run_stage(
    lake: Lake,
    dataset: Dataset,
    stage: Stage,
    made: Mapping[str, Future[Outcome]],
    plan: Plan,
) -> StageOutcome:
    force = plan.force
    began = time.monotonic()
    lake.reporter.begin(stage.name)
    try:
        for template in stage.stacks:
            if template in made:
                made[template].result()
        record = lake.state.read(stage.name) if stage.recorded else None
        inputs = stage.fingerprint(lake, dataset)
        if plan.parameters:
            inputs = fingerprint(inputs, json.dumps(dict(plan.parameters), sort_keys=True))
        same = record if record and record.inputs == inputs else None
        if same and same.status == "done" and not force:
            gone = stage.missing(lake, same)
            if gone is None:
                lake.reporter.end(stage.name, "done before, unchanged")
                return StageOutcome(stage.name, True, 0.0, "done before", same.counts)
            lake.reporter.line(f"{stage.name}: {gone} is not there any more, so it is made again")
        work = Work(
            lake,
            dataset,
            stage.name,
            inputs,
            forced=force,
            before=same,
            parameters=plan.parameters,
        )
        if stage.changes:
            lake.once.end()
        result = stage.run(work)
        seconds = time.monotonic() - began
        if stage.recorded:
            lake.state.write(
                Record(stage.name, "done", inputs, result.counts, result.details, round(seconds, 2))
            )
    except (NoConnection, HTTPClientError) as error:
        lake.reporter.end(stage.name, "no answer", ok=False)
        raise TargetUnreachableError(
            f"The {lake.target.name} target stopped answering while stage {stage.name} was at "
            f"work: {error}",
            f"{lake.target.unreachable_hint}; then go on with: lake run",
        ) from error
    except BaseException as error:
        lake.reporter.end(stage.name, str(error).splitlines()[0] if str(error) else "", ok=False)
        if isinstance(error, StageTimeoutError):
            note_findings(error, lake.target.name)
        raise
    lake.reporter.end(stage.name, result.text)
    return StageOutcome(stage.name, False, round(seconds, 2), result.text, result.counts)


@contextmanager
def _waits_end_when_interrupted(lake: Lake) -> Iterator[None]:
    """Or else leaving the pool of stages would wait for whole jobs after Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        lake.cancelled.set()
        raise


@contextmanager
def _state_loss_named(lake: Lake) -> Iterator[None]:
    """When something fails because the lake has vanished under the run, say that instead."""
    try:
        yield
    except (ClientError, LakeError) as error:
        if not isinstance(error, _KNOWN) and not lake.has_bucket():
            raise StateLostError(
                f"Bucket {lake.bucket} vanished while the run was at work: the target was "
                "restarted, or somebody destroyed the lake.",
                "Make it again with: lake run",
            ) from error
        raise


@contextmanager
def _step(lake: Lake, name: str) -> Iterator[None]:
    lake.reporter.begin(name)
    try:
        yield
    except BaseException as error:
        lake.reporter.end(name, str(error).splitlines()[0] if str(error) else "", ok=False)
        raise
    lake.reporter.end(name, "complete")
