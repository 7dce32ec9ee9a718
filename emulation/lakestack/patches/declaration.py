"""What a patch says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    """One change to another package's internals.

    Attributes:
        name: what `replace`, `original` and messages call it: our module's name, then a word
        targets: ``module:attribute`` of what is replaced, dotted for a method; several when one
            thing is imported by several modules
        reason: what is wrong without it, one sentence
        by: our module that makes the change
    """

    name: str
    targets: tuple[str, ...]
    reason: str
    by: str


def patch(name: str, by: str, reason: str, *targets: str) -> Patch:
    """Declare a patch.

    Args:
        by: our module, below `lakestack.services`
    """
    return Patch(name, targets, reason, f"lakestack.services.{by}")
