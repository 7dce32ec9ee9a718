"""Everything that AWS documents of Glue's Python API, and what becomes of it here.

One table for all who ask: the classes of this package when they refuse something by name, ``lake
glue check``, and the tables of docs/glue.md. It imports nothing but the standard library. The
options of sources, sinks and formats are in `awsglue.options`, the special parameters of jobs in
`lakestack.services.glue.special_parameters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["APPLIED", "Effect", "Entry", "refused", "without_effect"]


class Effect(StrEnum):
    """What becomes of something that AWS documents."""

    APPLIED = "applied"
    NONE = "without effect"
    REFUSED = "refused"


@dataclass(frozen=True)
class Entry:
    """One row.

    Attributes:
        effect: what becomes of it
        note: what differs from AWS, or why it is as it is
        instead: what to use in its place, where it is refused
    """

    effect: Effect
    note: str = ""
    instead: str = ""


APPLIED = Entry(Effect.APPLIED)


def refused(instead: str = "", note: str = "") -> Entry:
    """A row of what is refused by name."""
    return Entry(Effect.REFUSED, note, instead)


def without_effect(note: str) -> Entry:
    """A row of what is taken and changes nothing."""
    return Entry(Effect.NONE, note)
