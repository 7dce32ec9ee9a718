"""Checks each validation step of the labs, and reconciles all counts, at the real services."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.access import is_denied, is_login_lost
from pipeline.errors import LakeError, SettingsError, StateLostError, VerificationError
from pipeline.lab_checks import checks
from pipeline.lake import Lake, is_missing
from pipeline.reconciliation import Hop, measure, reconcile
from pipeline.settings import LABS
from pipeline.stages import STAGES
from pipeline.text.counted import counted

__all__ = ["Finding", "Verification", "verify_lake"]

_LAB_OF_STAGE: Final = {
    "land": 1,
    "full_load": 1,
    "stream": 2,
    "catalog": 3,
    "transform": 3,
    "train": 4,
    "deploy": 4,
}


@dataclass(frozen=True)
class Finding:
    """One validation step and what was found."""

    lab: int
    stage: str
    """The stage that makes it."""
    step: str
    ok: bool
    found: str
    number: str = ""
    """The step's number in the workshop's text of the lab."""


@dataclass
class Verification:
    """All findings and the reconciliation."""

    findings: list[Finding] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)
    lab: int | None = None
    """The one lab that was looked at, None for all."""

    @property
    def ok(self) -> bool:
        """Whether nothing is off."""
        return not self.faults()

    def faults(self) -> list[str]:
        """What is off, one text each."""
        return [f"{f.step}: {f.found}" for f in self.findings if not f.ok] + [
            f"{h.name}: {h.source:,} in, {h.written:,} written, {h.rejected:,} rejected, "
            f"{counted(h.duplicates, 'duplicate')}, difference {h.difference:+,}"
            for h in self.hops
            if h.difference
        ]

    def failure(self) -> VerificationError:
        """The error that names what is off."""
        faults = self.faults()
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        return VerificationError(
            f"The lake does not verify: {'; '.join(faults[:3])}{more}.", self._remedy()
        )

    def _remedy(self) -> str:
        """The earliest stage that made something that is off, redone with all after it."""
        off = {f.stage for f in self.findings if not f.ok}
        off |= {h.stage for h in self.hops if h.difference}
        if self.lab is not None:
            return f"Make lab {self.lab} again with: {_commands(self.lab, off)}"
        first = next((stage.name for stage in STAGES if stage.name in off), None)
        if "infrastructure" in off or first is None:
            return "Make what is missing with: lake run"
        return f"Make it again with: lake run --from {first} --force"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": self.ok,
            "findings": [vars(f) for f in self.findings],
            "reconciliation": [h.as_dict() for h in self.hops],
        }


def verify_lake(lake: Lake, lab: int | None = None) -> Verification:
    """Look at everything, or at what one lab makes.

    Args:
        lab: number of the lab, None for all

    Raises:
        SettingsError: there is no such lab
        StateLostError: there is no lake, or it has never been filled
    """
    if lab is not None and lab not in LABS:
        raise SettingsError(
            f"There is no lab {lab}; the labs are {', '.join(map(str, LABS))}.",
            f"lake verify --lab {LABS[0]}",
        )
    land = lake.state.read("land") if lake.has_bucket() else None
    if land is None or land.status != "done":
        raise StateLostError(
            f"There is no lake to verify: bucket {lake.bucket} "
            + ("has no landed data." if land is None else "is only partly filled."),
            "Make it with: lake run"
            if lab is None
            else f"Make lab {lab} and what it needs with: {_commands(lab)}",
        )
    measured = measure(lake, land)
    hops = reconcile(measured)
    shown = [h for h in hops if lab in (None, _LAB_OF_STAGE[h.stage])]
    result = Verification(hops=shown, lab=lab)
    for check in checks(lake, measured):
        if lab not in (None, check.lab):
            continue
        try:
            ok, found = check.look()
        except ClientError as error:
            if is_login_lost(error) or is_denied(error):  # the lake may be as it should be
                raise
            ok, found = False, "absent" if is_missing(error) else str(error)
        except LakeError as error:
            ok, found = False, error.message
        result.findings.append(Finding(check.lab, check.stage, check.step, ok, found, check.number))
    return result


def _commands(lab: int, off: Collection[str] = ()) -> str:
    """What makes one lab alone.

    Args:
        off: stages of it that are done and not as they should be; without any, nothing is done yet
    """
    if off:
        chosen = [s.name for s in STAGES if _LAB_OF_STAGE.get(s.name) == lab and s.name in off]
        chosen = chosen or [s.name for s in STAGES if _LAB_OF_STAGE.get(s.name) == lab]
        return "; then: ".join(f"lake run --only {name} --force" for name in chosen)
    needed: set[str] = set()
    for stage in reversed(STAGES):
        if _LAB_OF_STAGE.get(stage.name) == lab or stage.name in needed:
            needed |= {stage.name, *stage.needs}
    return "; then: ".join(f"lake run --only {s.name}" for s in STAGES if s.name in needed)
