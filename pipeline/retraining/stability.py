"""How far a distribution has moved: the population stability index.

    PSI = Σ (after - before) · ln(after / before)

over the shares of the same bins (Siddiqi: "Credit Risk Scorecards", 2006, chapter 9), a symmetrised
Kullback-Leibler divergence. Its customary reading is .1 for a small and .25 for a large shift.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

__all__ = ["LARGE", "SMALL", "expected_by_chance", "stability_index"]

SMALL: Final = 0.1
LARGE: Final = 0.25
_EMPTY: Final = 0.5
"""Counts as so many observations where a bin that the other side has is empty, so that the index
stays finite."""


def stability_index(before: Sequence[float], after: Sequence[float]) -> float:
    """The population stability index of two histograms over the same bins.

    Args:
        before: observations in each bin
        after: the same

    Returns:
        0 for equal shares, and where one side has no observations at all; bins that are empty on
        both sides count for nothing

    Raises:
        ValueError: the histograms have different bins, or a count is negative
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} and {len(after)} bins are not the same bins")
    if any(not count >= 0 for count in (*before, *after)):
        raise ValueError("a bin has a count that is no number from 0")
    bins = [(b or _EMPTY, a or _EMPTY) for b, a in zip(before, after, strict=True) if b or a]
    if not any(before) or not any(after):
        return 0.0
    all_before, all_after = (sum(side) for side in zip(*bins, strict=True))
    terms = (
        (a / all_after - b / all_before) * math.log((a / all_after) / (b / all_before))
        for b, a in bins
    )
    return math.fsum(terms)


def expected_by_chance(before: Sequence[float], after: Sequence[float]) -> float:
    """The index's mean when nothing has moved and the bins are filled by chance.

    That is (bins - 1) · (1/n + 1/m) for n and m observations (Yurdakul: "Statistical Properties of
    Population Stability Index", 2018).
    """
    bins = sum(1 for b, a in zip(before, after, strict=True) if b or a)
    n, m = sum(before), sum(after)
    return (bins - 1) * (1 / n + 1 / m) if n and m else 0.0
