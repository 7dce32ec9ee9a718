"""Where the lake stands: stacks and stages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.lake import Lake
from pipeline.run_state import Record
from pipeline.settings import TEMPLATES
from pipeline.stages import STAGES

__all__ = ["LakeStatus", "lake_status"]


@dataclass(frozen=True)
class LakeStatus:
    """Stack states and stage records, in order; None where there is none."""

    stacks: dict[str, str | None]
    stages: dict[str, Record | None]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stacks": self.stacks,
            "stages": {name: asdict(r) if r else None for name, r in self.stages.items()},
        }


def lake_status(lake: Lake) -> LakeStatus:
    """Ask CloudFormation and read the stages' records."""

    def stack(template: str) -> str | None:
        found = lake.stacks.describe(template)
        return str(found["StackStatus"]) if found else None

    recorded = [stage.name for stage in STAGES if stage.recorded]
    with ThreadPoolExecutor(max_workers=4) as pool:
        return LakeStatus(
            stacks=dict(zip(TEMPLATES, pool.map(stack, TEMPLATES), strict=True)),
            stages=dict(zip(recorded, pool.map(lake.state.read, recorded), strict=True)),
        )
