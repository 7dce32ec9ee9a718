"""What plug-ins find of what a target needs, for ``lake doctor`` and for work that stands still.

A plug-in names a callable in the entry-point group ``lake.checks.<target>``, since what it looks at
matters to that target only. It returns objects with `name`, `ok`, `detail` and `fix`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.check import Check
from pipeline.errors import LakeError
from pipeline.plugins import entry_points

__all__ = ["note_findings", "target_checks"]


def target_checks(target: str) -> Iterator[Check]:
    """The checks of a target's plug-ins; none of them raises."""
    for point in sorted(entry_points(f"lake.checks.{target}"), key=lambda p: p.name):
        try:
            found = point.load()()
        except Exception as error:  # a broken plug-in is a finding too
            yield Check(point.name, False, f"{type(error).__name__}: {error}", "make setup")
            continue
        for check in found:
            yield Check(check.name, bool(check.ok), check.detail, check.fix)


def note_findings(error: LakeError, target: str) -> None:
    """Add to an error what the target's plug-ins find off: a full disk, a stopped engine.

    Work that stops without an error of its own mostly has such a cause.
    """
    off = [f"{check.name}: {check.detail}" for check in target_checks(target) if not check.ok]
    if off:
        error.add_note(f"lake doctor finds {'; '.join(off)}.")
