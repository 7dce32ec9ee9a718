"""What people see of work on the source data: its progress, and what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pipeline.console.lake_console import LakeConsole, reporter
from pipeline.data.room import amount
from pipeline.text.pasteable import pasteable

if TYPE_CHECKING:
    from pipeline.data.generation import Generated
    from pipeline.data.generation.folder import Progress

__all__ = ["generating", "print_generated"]

_STEP: Final = "generate"


@contextmanager
def generating() -> Iterator[Progress]:
    """A step with progress in rows, which ends well or with the error's first line."""
    shown = reporter()
    shown.begin(_STEP)
    try:
        yield lambda text, done, total: shown.progress(
            _STEP, f"{text}: {done:,.0f} of {total:,.0f} ratings", done, total
        )
    except BaseException as error:
        shown.end(_STEP, str(error).splitlines()[0] if str(error) else "", ok=False)
        raise
    shown.end(_STEP, "complete")


def print_generated(found: Generated) -> None:
    """Counts, size and place, and what to do with it."""
    size, console = found.size, LakeConsole(soft_wrap=True)
    console.print(
        f"{size.ratings:,} ratings of {size.users:,} people, {size.movies:,} films, {size.tags:,} "
        f"tags, seed {found.seed}: {amount(found.bytes)} in {found.seconds:.1f} s"
    )
    console.print(f"in {found.folder}")
    console.print(pasteable(f"next: lake run --movielens {shlex.quote(str(found.folder))}"))
