"""A count with its noun: one stage, two stages."""

from __future__ import annotations

from typing import Final

__all__ = ["counted"]

_IRREGULAR: Final = {"person": "people", "entry": "entries"}


def counted(count: float, noun: str) -> str:
    """`count` and its noun in number: ``1 row``, ``20,000 rows``, ``0 rows``.

    Args:
        count: a whole number
        noun: in the singular; of several words the last one is given its plural
    """
    if count == 1:
        return f"1 {noun}"
    *before, last = noun.split(" ")
    return " ".join((f"{count:,.0f}", *before, _IRREGULAR.get(last, f"{last}s")))
