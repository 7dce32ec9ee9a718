"""Whether the target at its usual place is the reader's own, asked before a command's work.

A plug-in names a callable in the entry-point group ``lake.occupant.<target>``; it is given the
endpoint, and returns None when nothing speaks against it, else an object with `message`, `hint` and
`is_emulator`. An endpoint that was named, by option or variable, is meant and not asked about.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Protocol

from pipeline.errors import OccupiedError
from pipeline.plugins import plugins
from pipeline.target import Target

__all__ = ["Occupant", "occupant", "require_own"]


class Occupant(Protocol):
    """Somebody else at the place."""

    @property
    def message(self) -> str:
        """Which program it is, one sentence."""

    @property
    def hint(self) -> str:
        """The next command."""

    @property
    def is_emulator(self) -> bool:
        """Whether what it holds is a lake, of somebody else, that can be looked at."""


def occupant(
    target: Target, named: str | None, environ: Mapping[str, str] = os.environ
) -> Occupant | None:
    """Somebody else at a target's usual place, or None.

    Args:
        named: an endpoint that was given with the command
    """
    if target.endpoint is None or named or environ.get("LAKE_ENDPOINT"):
        return None
    for look in plugins(f"lake.occupant.{target.name}"):
        found: Occupant | None = look(target.endpoint)
        if found is not None:
            return found
    return None


def require_own(
    target: Target, named: str | None, *, changes: bool, say: Callable[[str], None]
) -> None:
    """Return if nobody else is there, or if a look at another emulator is all that is wanted.

    Args:
        named: an endpoint that was given with the command
        changes: whether the command changes anything
        say: told whose emulator is looked at

    Raises:
        OccupiedError: somebody else's program is there
    """
    there = occupant(target, named)
    if there is None:
        return
    if changes or not there.is_emulator:
        raise OccupiedError(there.message, there.hint)
    say(f"{there.message} {there.hint}.")
