"""One row after the other on a lake; a lake that a row has ruined is made again."""

from __future__ import annotations

import contextlib
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.settings import Settings
from tests import support
from tests.faults import matrix, outcome
from tests.faults.injection import Injection
from tests.faults.lake import FaultyLake
from tests.faults.outcome import CONVERGED, FAILED, SKIPPED, WENT_ON, FaultFoundError
from tests.integration.faults.lake_runs import ACCOUNT


@dataclass(frozen=True)
class Result:
    """How a row ended.

    Args:
        seconds: of the disturbed run and of everything after it, until the lake was whole
    """

    row: matrix.Row
    outcome: str
    seconds: float = 0.0
    reruns: int = 0
    fault: str = ""
    """What was done, exactly."""
    text: str = ""
    """The error that stopped the run, or what is wrong."""
    day: str = ""
    """When it was run, as YYYY-MM-DD."""
    seed: str = ""
    """What decided the fault's moment and size."""


class Rows(Protocol):
    """Where rows come from; `take` is given the machine's pace, 1 for a quiet one."""

    def any(self) -> bool: ...
    def take(self, pace: float, *, at_any_rate: bool) -> matrix.Row | None: ...


class Trial:
    """Runs rows on a lake of its own.

    Args:
        seed: with a row's name it decides the moment and the size of its fault
        interrupted: set when people want an end: the row at work is then no result
    """

    def __init__(self, seed: str, disk: bool, interrupted: threading.Event) -> None:
        self._seed, self._disk, self._interrupted = seed, disk, interrupted
        self._open = ExitStack()
        self._lake: FaultyLake | None = None
        self._pace = 1.0
        self._undisturbed: dict[str, Any] = {}

    def run(self, rows: Rows) -> Iterator[Result]:
        """Run rows until there are none; each is taken when its lake stands."""
        last = None
        with self._open:
            while rows.any():
                why = self._broken()
                row = rows.take(self._pace, at_any_rate=bool(why))
                if row is None:
                    break
                last = row
                yield self._failed(row, why) if why else self._row(row)
            if self._lake is not None and last is not None:
                try:
                    outcome.stop_leaves_nothing(self._lake)
                except FaultFoundError as error:
                    yield Result(last, FAILED, text=str(error))

    def _broken(self) -> str:
        """Why there is no whole lake; empty as a rule."""
        try:
            self._whole_lake()
        except Exception as error:
            self._throw_away()
            return _text(error)
        return ""

    def _row(self, row: matrix.Row) -> Result:
        began = time.monotonic()
        injection = Injection(self._whole_lake(), row, random.Random(f"{self._seed} {row.name}"))
        try:
            return self._disturbed(injection, began)
        except Exception as error:
            self._throw_away()
            return self._failed(row, _text(error), time.monotonic() - began, injection.made)

    def _failed(self, row: matrix.Row, why: str, seconds: float = 0.0, made: str = "") -> Result:
        if self._interrupted.is_set():
            return Result(row, SKIPPED, text="interrupted")
        return Result(row, FAILED, seconds, 0, made, why)

    def _disturbed(self, injection: Injection, began: float) -> Result:
        lake, row = injection.lake, injection.row
        if row.stage == "deploy":
            _delete_endpoint(lake)  # or else the stage finds it unchanged and does nothing
        injection.arm()
        injection.run = lake.begin("--only", row.stage, "--force")
        try:
            disturbed = outcome.ended(injection.run)
        finally:
            injection.disarm()
        if self._interrupted.is_set():  # Ctrl-C ends every `lake run` of this terminal
            raise FaultFoundError("interrupted")
        if not injection.made:
            raise FaultFoundError(
                f"the moment never came: {row.when}; the run ended with {disturbed.code}: "
                f"{disturbed.stderr[-300:]}"
            )
        killed = row.victim == "lake run" and row.fault == matrix.KILL
        whole = outcome.converge(lake, disturbed, killed)
        seconds = time.monotonic() - began
        outcome.require_same(lake.figures(whole.document), self._undisturbed)
        outcome.require_settled(lake)
        went_on = disturbed.code == 0 and not whole.commands
        return Result(
            row,
            WENT_ON if went_on else CONVERGED,
            seconds,
            whole.reruns,
            injection.made,
            "" if killed or disturbed.code == 0 else disturbed.error[0],
        )

    def _whole_lake(self) -> FaultyLake:
        """A lake on which every stage is done, and its figures."""
        if self._lake is None:
            began = time.monotonic()
            folder = self._open.enter_context(
                tempfile.TemporaryDirectory(prefix="lake-faults-", ignore_cleanup_errors=True)
            )
            lake = self._open.enter_context(FaultyLake(Path(folder) / "lake", self._disk))
            started = lake.machine.start()
            if started.code != 0:
                raise FaultFoundError(f"the emulator does not start: {started.stderr[-400:]}")
            made = outcome.ended(lake.begin("--json"))
            if made.code != 0:
                raise FaultFoundError(f"the undisturbed run fails: {made.stderr[-400:]}")
            figures = lake.figures(made.document)
            if self._undisturbed:
                outcome.require_same(figures, self._undisturbed)
            self._undisturbed = figures
            outcome.require_settled(lake)
            self._lake = lake
            self._pace = max(1.0, (time.monotonic() - began) / matrix.SECONDS_OF_A_LAKE)
        return self._lake

    def _throw_away(self) -> None:
        self._lake = None
        self._open.close()


def _text(error: Exception) -> str:
    known = isinstance(error, FaultFoundError)
    return str(error) if known else f"{type(error).__name__}: {error}"


def _delete_endpoint(lake: FaultyLake) -> None:
    name = Settings(account=ACCOUNT, region="us-east-1").stack("serving")
    stacks = lake.client("cloudformation")
    stacks.delete_stack(StackName=name)

    def gone() -> bool:
        with contextlib.suppress(stacks.exceptions.ClientError):
            found = stacks.describe_stacks(StackName=name)["Stacks"]
            return all(stack["StackStatus"] == "DELETE_COMPLETE" for stack in found)
        return True

    support.wait_until(gone, 60, what=f"stack {name} to be gone")
