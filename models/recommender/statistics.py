"""How sure a mean over users is, and whether two models really differ.

Users are drawn with replacement (Efron, Tibshirani: "An Introduction to the Bootstrap", 1993;
percentile intervals). Two models are compared on the same users, so that the easy and the hard
ones cancel out. The interval covers the choice of users alone, neither seeds nor splits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
RESAMPLES = 1000
FEWEST_USERS = 6
"""Below it no difference is beyond noise: even if all users agreed, a two-sided sign test would not
tell at `LEVEL` (2 x 0.5 ** 5 is 0.0625), while the interval of so few shrinks to nothing."""
_CELLS_AT_ONCE = 2_000_000  # bounds the memory of a chunk of resamples: 16 MB of indices


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Mean difference (first - second) over the same users, with its interval."""

    difference: Interval
    wins: int
    losses: int
    """Users for whom the first (the second) is better; the others are ties."""
    users: int

    @property
    def beyond_noise(self) -> bool:
        """Whether there are enough users to tell, and the interval leaves out zero."""
        apart = self.difference.low > 0.0 or self.difference.high < 0.0
        return self.users >= FEWEST_USERS and apart

    @property
    def better(self) -> bool:
        """Whether the first is better beyond noise."""
        return self.beyond_noise and self.difference.low > 0.0


def bootstrap(
    values: NDArray[np.float64],
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """Mean of (users,) values and its percentile interval; raises ValueError without users."""
    users = len(values)
    if not users:
        raise ValueError("no users to draw from")
    rng = np.random.default_rng(seed)
    means = np.empty(resamples)
    step = max(1, _CELLS_AT_ONCE // users)
    for start in range(0, resamples, step):
        chunk = min(step, resamples - start)
        means[start : start + chunk] = values[rng.integers(0, users, (chunk, users))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values.mean()), float(low), float(high))


def compare(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Comparison:
    """Paired comparison of two models' (users,) values, same users in the same order.

    Raises ValueError when the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} and {second.shape} are not the same users' values")
    difference = first - second
    return Comparison(
        bootstrap(difference, seed, resamples, level),
        int((difference > 0).sum()),
        int((difference < 0).sum()),
        len(difference),
    )
