"""Where the lake stands: stacks and stages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import StateLostError
from pipeline.infrastructure import is_paused_root
from pipeline.lake import Lake
from pipeline.run_state import Record
from pipeline.settings import ROOT, TEMPLATES
from pipeline.stages import STAGES, Stage

if TYPE_CHECKING:
    from pipeline.account.accrued import Accrued

__all__ = ["LakeStatus", "lake_status"]

_AT_ONCE: Final = 8
"""Questions at the same time."""


@dataclass(frozen=True)
class LakeStatus:
    """Stack states and stage records, in order; None where there is none."""

    stacks: dict[str, str | None]
    stages: dict[str, Record | None]
    lost: dict[str, str] = field(default_factory=dict)
    """Of stages that are done: what of their work is not there any more."""
    paused: bool = False
    """Whether `lake pause` has removed what bills by the hour."""
    costs: Accrued | None = None
    """What the lake has cost by the hour so far; None where nothing is paid for."""

    def failure(self) -> StateLostError | None:
        """The error that names what is lost first, None when nothing is."""
        if not self.lost:
            return None
        stage, what = next(iter(self.lost.items()))
        more = f", and more of {', '.join([*self.lost][1:])}" if len(self.lost) > 1 else ""
        return StateLostError(
            f"Stage {stage} was done, but {what} is lost{more}.", "Make it again with: lake run"
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stacks": self.stacks,
            "stages": {name: asdict(r) if r else None for name, r in self.stages.items()},
            "lost": self.lost,
            "paused": self.paused,
            "costs": asdict(self.costs) if self.costs else None,
        }


def lake_status(lake: Lake) -> LakeStatus:
    """Ask CloudFormation, read the stages' records, and look whether what they made is there."""

    def lost(stage: Stage) -> str | None:
        record = records[stage.name]
        done = record is not None and record.status == "done"
        away = paused and stage.removed_by_pause
        return stage.lost(lake, record) if record and done and not away else None

    recorded = [stage for stage in STAGES if stage.recorded]
    names = [stage.name for stage in recorded]
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        reading = pool.map(lake.state.read, names)
        stacks = dict(zip(TEMPLATES, lake.stacks.describe_all(TEMPLATES, pool), strict=True))
        records = dict(zip(names, reading, strict=True))
        paused = is_paused_root(stacks[ROOT])
        found = dict(zip(names, pool.map(lost, recorded), strict=True))
    return LakeStatus(
        {name: str(stack["StackStatus"]) if stack else None for name, stack in stacks.items()},
        records,
        {name: what for name, what in found.items() if what},
        paused,
        _costs(lake) if lake.target.prices else None,
    )


def _costs(lake: Lake) -> Accrued | None:
    from pipeline.account.accrued import accrued

    return accrued(lake)
