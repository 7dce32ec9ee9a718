"""Order, skipping, resuming and failing of stages, with stages that only count."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from pipeline import runner
from pipeline.cli.errors import explain
from pipeline.cloudformation import Outcome
from pipeline.counted_once import CountedOnce
from pipeline.data import Source
from pipeline.errors import (
    SettingsError,
    SourceChangedError,
    StackError,
    StageError,
    StageTimeoutError,
    StateLostError,
    TargetUnreachableError,
)
from pipeline.lake import Lake
from pipeline.run_state import Record, RunState
from pipeline.runner import Plan
from pipeline.stages import STAGES, Result, Stage, Work
from pipeline.verify import Finding, Verification, _commands
from tests.unit.pipeline.fakes import FakeS3, SilentReporter, client_error


@dataclass
class FakeLake:
    """What the runner touches of a lake."""

    s3: FakeS3 = field(default_factory=FakeS3)
    reporter: SilentReporter = field(default_factory=SilentReporter)
    cancelled: threading.Event = field(default_factory=threading.Event)
    bucket: str = "b"
    once: CountedOnce = field(default_factory=CountedOnce)

    def __post_init__(self) -> None:
        self.state = RunState(self.s3, "b", "_lake")

    poll = Lake.poll

    def has_bucket(self) -> bool:
        return self.s3.exists


class Counting(Stage):
    """Counts how often it has run."""

    recorded = True

    def __init__(self, name: str, *needs: str) -> None:
        self.name, self.needs = name, needs  # type: ignore[misc]
        self.runs = 0
        self.own = "1"
        self.gone: str | None = None
        self.error: Exception | None = None
        self.seen: list[Work] = []

    def own_inputs(self, lake: Any, dataset: Any) -> list[str]:  # noqa: ARG002
        return [self.own]

    def missing(self, lake: Any, record: Record) -> str | None:  # noqa: ARG002
        return self.gone

    def run(self, work: Work) -> Result:
        self.seen.append(work)
        if self.error:
            raise self.error
        self.runs += 1
        self.gone = None
        return Result("fine", {"runs": self.runs})


DATASET: Any = SimpleNamespace(fingerprint="f", origin="folder new")


def run(lake: FakeLake, stages: list[Counting], force: bool = False) -> list[str]:
    lake.cancelled.clear()
    outcomes = runner._run_stages(cast(Lake, lake), DATASET, list(stages), {}, Plan(force=force))
    return [o.stage for o in outcomes if not o.skipped]


def diamond() -> tuple[Counting, Counting, Counting, Counting]:
    return (
        Counting("a"),
        Counting("b", "a"),
        Counting("c", "a"),
        Counting("d", "b", "c"),
    )


def test_stages_run_after_those_they_need() -> None:
    lake = FakeLake()
    ran = run(lake, list(diamond()))
    assert ran[0] == "a"
    assert set(ran[1:3]) == {"b", "c"}
    assert ran[3] == "d"


def test_a_second_run_does_nothing() -> None:
    lake, stages = FakeLake(), diamond()
    run(lake, list(stages))
    before = dict(lake.s3.objects)
    assert run(lake, list(stages)) == []
    assert lake.s3.objects == before


def test_what_is_counted_stays_counted_until_a_stage_works() -> None:
    lake, stages = FakeLake(), diamond()
    run(lake, list(stages))
    looks = Counting("looks")
    looks.recorded, looks.changes = False, False  # type: ignore[misc]
    for working, again in ((False, 1), (True, 2)):
        lake.once.begin()
        assert lake.once.get("items", lambda: 1) == 1
        stages[3].gone = "table d" if working else None
        assert run(lake, [*stages, looks]) == (["looks", "d"] if working else ["looks"])
        assert lake.once.get("items", lambda: 2) == again


def test_force_redoes() -> None:
    lake, stages = FakeLake(), diamond()
    run(lake, list(stages))
    assert len(run(lake, list(stages), force=True)) == 4
    assert all(stage.seen[-1].forced for stage in stages)


def test_changed_inputs_redo_the_stage_and_those_after_it() -> None:
    lake, stages = FakeLake(), diamond()
    run(lake, list(stages))
    stages[1].own = "2"
    assert run(lake, list(stages)) == ["b", "d"]


def test_lost_output_is_made_again_and_said() -> None:
    lake, stages = FakeLake(), diamond()
    run(lake, list(stages))
    stages[2].gone = "table c"
    assert run(lake, list(stages)) == ["c"]
    assert "c: table c is not there any more, so it is made again" in lake.reporter.lines


def test_a_failure_stops_what_comes_after_and_is_raised() -> None:
    lake, (a, b, c, d) = FakeLake(), diamond()
    b.error = StageError("it broke")
    with pytest.raises(StageError, match="it broke"):
        run(lake, [a, b, c, d])
    assert d.runs == 0
    assert lake.cancelled.is_set()
    b.error = None
    assert "a" not in run(lake, [a, b, c, d])
    assert (a.runs, b.runs, c.runs, d.runs) == (1, 1, 1, 1)


def test_a_stage_waits_for_its_stacks_and_fails_with_them() -> None:
    lake, stage = FakeLake(), Counting("a")
    stage.stacks = ("streaming",)  # type: ignore[misc]
    stack: Future[Outcome] = Future()
    stack.set_exception(StackError("the stack broke"))
    with pytest.raises(StackError, match="the stack broke"):
        runner._run_stages(cast(Lake, lake), DATASET, [stage], {"streaming": stack}, Plan())
    assert stage.runs == 0


def test_a_target_that_vanishes_is_named_with_the_stage() -> None:
    lake, stage = FakeLake(), Counting("a")
    lake.target = SimpleNamespace(name="local", unreachable_hint="Start it")  # type: ignore[attr-defined]
    stage.error = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    with pytest.raises(TargetUnreachableError) as raised:
        run(lake, [stage])
    assert raised.value.message == (
        "The local target stopped answering while stage a was at work: "
        'Could not connect to the endpoint URL: "http://127.0.0.1:1"'
    )
    assert raised.value.hint == "Start it; then go on with: lake run"


@pytest.mark.parametrize("ok", [True, False])
def test_of_work_that_stands_still_the_error_says_what_the_doctor_finds(
    ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, stage = FakeLake(), Counting("a")
    lake.target = SimpleNamespace(name="there")  # type: ignore[attr-defined]
    disk = SimpleNamespace(name="disk", ok=ok, detail="0.0 GiB free at /d", fix="")
    fine = SimpleNamespace(name="Java", ok=True, detail="11", fix="")
    point = SimpleNamespace(name="x", load=lambda: lambda: [fine, disk])
    monkeypatch.setattr(
        "pipeline.target_checks.entry_points",
        lambda group: [point] if group == "lake.checks.there" else [],
    )
    stage.error = StageTimeoutError("Nothing has moved.", "Look.")
    with pytest.raises(StageTimeoutError) as raised:
        run(lake, [stage])
    message, hint = explain(raised.value, None)
    found = "" if ok else " lake doctor finds disk: 0.0 GiB free at /d."
    assert (message, hint) == (f"Nothing has moved.{found}", "Look.")


def test_an_interrupted_stage_finds_its_notes() -> None:
    lake, stage = FakeLake(), Counting("a")

    def interrupted(work: Work) -> Result:
        work.note(next=500)
        raise StageError("killed")

    original, stage.run = stage.run, interrupted  # type: ignore[method-assign]
    with pytest.raises(StageError):
        run(lake, [stage])
    stage.run = original  # type: ignore[method-assign]
    run(lake, [stage])
    assert stage.seen[-1].noted("next") == 500


def test_notes_on_other_inputs_are_not_used() -> None:
    lake, stage = FakeLake(), Counting("a")
    lake.state.write(Record("a", "running", "other inputs", details={"next": 500}))
    run(lake, [stage])
    assert stage.seen[-1].noted("next") is None


def test_a_stage_whose_need_was_never_done_says_which() -> None:
    work = Work(cast(Lake, FakeLake()), DATASET, "train", "x")
    with pytest.raises(StageError) as raised:
        work.upstream("transform")
    assert raised.value.hint == "Run it first: lake run --only transform"


def test_a_wait_ends_when_another_stage_fails() -> None:
    lake = FakeLake()
    lake.cancelled.set()
    lake.target = SimpleNamespace(waits=SimpleNamespace(poll=0.01), usual={})  # type: ignore[attr-defined]
    work = Work(cast(Lake, lake), DATASET, "train", "x")
    with pytest.raises(StageError, match="Stopped waiting for nothing: the run is ending"):
        work.wait(lambda: None, 10, "nothing", dict)


def test_an_interruption_ends_the_waits_of_stages_that_are_at_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake, stage, after = FakeLake(), Counting("a"), Counting("b", "a")
    at_rest = threading.Event()

    def watched(*arguments: Any, **options: Any) -> Any:
        at_rest.set()
        return wait(*arguments, **options)

    monkeypatch.setattr("pipeline.runner.wait", watched)

    def interrupted(work: Work) -> Result:
        assert at_rest.wait(60), "the run has begun to wait for the stage"
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        assert work.lake.cancelled.wait(60), "nobody tells the stage"
        stage.runs += 1
        return Result("told")

    stage.run = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        run(lake, [stage, after])
    assert (stage.runs, after.runs) == (1, 0)


def test_another_source_is_refused() -> None:
    lake = FakeLake()
    details = {"source": "old", "origin": "folder old"}
    lake.state.write(Record("land", "done", "x", details=details))
    with pytest.raises(SourceChangedError) as raised:
        runner._same_source(cast(Lake, lake), DATASET)
    assert raised.value.message == (
        "The lake was filled from another source (folder old) than the one given now (folder new)."
    )
    assert raised.value.hint == (
        "Give the same one again (--movielens), or empty the lake first with: lake destroy"
    )


@pytest.mark.parametrize(
    "error", [client_error("NoSuchBucket"), StageError("waited"), client_error("NoSuchEntity")]
)
def test_a_vanished_bucket_is_named(error: Exception) -> None:
    lake = FakeLake()
    lake.s3.exists = False
    with (
        pytest.raises(StateLostError, match="Bucket b vanished"),
        runner._state_loss_named(cast(Lake, lake)),
    ):
        raise error


def test_with_the_bucket_there_the_error_stays() -> None:
    with pytest.raises(StageError, match="broke"), runner._state_loss_named(cast(Lake, FakeLake())):
        raise StageError("broke")


def test_plans() -> None:
    names = [stage.name for stage in STAGES]
    assert [s.name for s in Plan().stages()] == names
    assert [s.name for s in Plan(start="train").stages()] == ["train", "deploy", "recommend"]
    assert [s.name for s in Plan(only="land").stages()] == ["land"]
    with pytest.raises(SettingsError):
        Plan(only="nothing").stages()


def test_every_stage_comes_after_those_it_needs() -> None:
    seen: set[str] = set()
    for stage in STAGES:
        assert seen.issuperset(stage.needs)
        seen.add(stage.name)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage.needs], ids=lambda s: s.name)
def test_a_stage_alone_on_an_empty_lake_says_what_it_needs(stage: Stage) -> None:
    """Before the data is read, or anything is made."""
    lake = SimpleNamespace(state=SimpleNamespace(read=lambda _: None))
    with pytest.raises(StageError) as raised:
        runner.run(cast(Lake, lake), source=cast(Source, None), plan=Plan(only=stage.name), user=1)
    assert raised.value.message == (
        f"Stage {stage.name} needs stage {stage.needs[0]}, which has not been done."
    )
    assert raised.value.hint == "Make all that is missing with: lake run"


def test_what_a_lab_needs_is_named_for_that_lab_alone() -> None:
    assert _commands(1) == "lake run --only land; then: lake run --only full_load"
    assert _commands(2) == "lake run --only land; then: lake run --only stream"
    assert _commands(2, {"stream"}) == "lake run --only stream --force"
    assert _commands(4, {"infrastructure"}) == (
        "lake run --only train --force; then: lake run --only deploy --force"
    )
    off = Verification([Finding(2, "stream", "s", False, "f")], lab=2)
    assert off.failure().hint == "Make lab 2 again with: lake run --only stream --force"
