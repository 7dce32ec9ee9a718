"""What a stage is: inputs it depends on, outputs that can be missing, and its work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pipeline.errors import StageError
from pipeline.lake import Lake
from pipeline.polling import Position
from pipeline.run_state import Record, fingerprint

if TYPE_CHECKING:
    from pipeline.data import Dataset

__all__ = ["Result", "Stage", "Work"]

T = TypeVar("T")


@dataclass
class Result:
    """What a stage has done."""

    text: str
    """For people, one line."""
    counts: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    """Kept in the stage's record. ``output`` is what later stages depend on, instead of the
    inputs, where the same inputs need not give the same bytes or other inputs may."""


@dataclass
class Work:
    """What a running stage is given."""

    lake: Lake
    dataset: Dataset
    stage: str
    inputs: str
    forced: bool = False
    """Whether to redo what is done."""
    before: Record | None = None
    """The interrupted or former run of the same stage on the same inputs."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Hyper-parameters of a training job, by name."""

    def progress(self, text: str, done: float = 0, total: float = 0) -> None:
        """Show where the stage is."""
        self.lake.reporter.progress(self.stage, text, done, total)

    def note(self, **details: Any) -> None:
        """Keep `details` so that an interrupted run can be continued."""
        self.lake.state.write(Record(self.stage, "running", self.inputs, details=details))

    def noted(self, name: str) -> Any:
        """What an interrupted run on the same inputs has kept under `name`; None when redone."""
        if self.forced or self.before is None or self.before.status != "running":
            return None
        return self.before.details.get(name)

    def upstream(self, stage: str) -> Record:
        """The record of an earlier stage.

        Raises:
            StageError: it has not been done
        """
        record = self.lake.state.read(stage)
        if record is None or record.status != "done":
            raise StageError(
                f"Stage {self.stage} needs stage {stage}, which has not been done.",
                f"Run it first: lake run --only {stage}",
            )
        return record

    def wait(
        self,
        look: Callable[[], T | None],
        patience: float,
        what: str,
        position: Callable[[], Position],
    ) -> T:
        """Poll at the target's pace until `look` returns something; ends when the run does.

        Args:
            look: looks once
            patience: seconds without movement after which to give up
            what: what is waited for
            position: as in `pipeline.polling.poll_until`

        Raises:
            StageError: the run is ending
            StageTimeoutError: nothing has moved for `patience` seconds
        """

        def watched() -> T | None:
            if self.lake.cancelled.is_set():
                raise StageError(f"Stopped waiting for {what}: the run is ending.")
            return look()

        usual = self.lake.target.usual.get(self.stage)
        return self.lake.poll(watched, patience, what, position, usual=usual)


class Stage(ABC):
    """One step of the lake. Stages have no state of their own."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    """Stages that must be done before."""
    stacks: ClassVar[tuple[str, ...]] = ()
    """Templates of stacks that must be complete before."""
    removed_by_pause: ClassVar[bool] = False
    """Whether `lake pause` takes its work away, which is then not lost."""
    changes: ClassVar[bool] = True
    """Whether its work changes anything that is counted."""
    recorded: ClassVar[bool] = True
    """Whether a finished run is remembered, and skipped next time."""

    def fingerprint(self, lake: Lake, dataset: Dataset) -> str:
        """Of everything this stage's result depends on."""
        parts = [self.name, *self.own_inputs(lake, dataset)]
        for need in self.needs:
            record = lake.state.read(need)
            if record is None:
                parts.append("")
            else:
                parts.append(str(record.details.get("output") or record.inputs))
        return fingerprint(*parts)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002 - for subclasses
        """Parts of the fingerprint beside the earlier stages: scripts, templates, settings."""
        return []

    @abstractmethod
    def missing(self, lake: Lake, record: Record) -> str | None:
        """The first of the outputs in `record` that is not there any more, or None."""

    def lost(self, lake: Lake, record: Record) -> str | None:
        """What of the outputs in `record` is gone, as far as can be seen without reading them."""
        return self.missing(lake, record)

    @abstractmethod
    def run(self, work: Work) -> Result:
        """Do the work.

        Raises:
            StageError: it could not be done
        """
