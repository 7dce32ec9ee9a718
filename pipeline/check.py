"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Check"]


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        name: what was looked at
        ok: whether it is as it should be; also when that could not be found out
        detail: what was found
        fix: what fixes it; of one that is `ok`, how to find out what could not be
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""
