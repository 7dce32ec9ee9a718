"""The Bayesian strategy: a regression over what has been tried says what is worth trying next.

Amazon SageMaker Developer Guide, "Understand the hyperparameter tuning strategies available in
Amazon SageMaker AI": "Bayesian optimization treats hyperparameter tuning like a regression
problem", and weighs what is near the best results against what is far from all. AWS does not
publish the rest; here it is a Gaussian process with a Matérn 5/2 kernel and expected improvement
(Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning Algorithms",
2012), which needs NumPy.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

from lakestack.services.sagemaker.tuning.ranges import (
    Range,
    Values,
    combinations,
    grid,
    random_search,
)

__all__ = ["BayesianSearch", "installed"]

FIRST: Final = 3
"""Training jobs at random before the first regression: our guess."""
CANDIDATES: Final = 600
SCALES: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
NOISES: Final = (1e-4, 1e-2, 1e-1)
SWEEPS: Final = 2
"""The likeliest noise, and the likeliest length scale of each dimension after the other, so often;
in units of the objective's variance, and of the range."""


def installed() -> bool:
    """Whether there is NumPy; it is imported by the first search."""
    return find_spec("numpy") is not None


class BayesianSearch:
    """Combinations, none twice.

    Args:
        ranges: of the hyperparameters
        maximize: whether the objective is to be great
        seed: of everything random in it
    """

    def __init__(self, ranges: list[Range], maximize: bool, seed: int | None) -> None:
        self._ranges, self._sign = ranges, 1.0 if maximize else -1.0
        self._random = random.Random(seed)  # noqa: S311 - a search, no secret
        self._first = random_search(ranges, seed)
        self._taken: set[tuple[str, ...]] = set()

    def next(self, known: Sequence[tuple[Values, float]], running: Sequence[Values]) -> Values:
        """The combination to try next.

        Args:
            known: what has been tried, with its objective
            running: what is being tried
        """
        usable = [(values, score) for values, score in known if math.isfinite(score)]
        if len(self._taken) < FIRST or len(usable) < 2:
            values = next(v for v in self._first if _key(v) not in self._taken)
        else:
            values = self._best(usable, running)
        self._taken.add(_key(values))
        return values

    def _best(self, known: Sequence[tuple[Values, float]], running: Sequence[Values]) -> Values:
        import numpy as np

        scores = self._sign * np.array([score for _, score in known])
        spread = scores.std() or 1.0
        y = (scores - scores.mean()) / spread
        # What runs counts as a mean result, so that the next one is tried elsewhere.
        tried = [values for values, _ in known] + list(running)
        y = np.concatenate([y, np.zeros(len(running))])
        x = np.array([self._place(values) for values in tried])
        candidates = self._candidates(known)
        at = np.array([self._place(values) for values in candidates])
        mean, deviation = _regression(np, x, y, at)
        best = y[: len(known)].max()
        gain = _expected_improvement(np, mean, deviation, best)
        return candidates[int(np.argmax(gain))]

    def _candidates(self, known: Sequence[tuple[Values, float]]) -> list[Values]:
        """Combinations that were not tried: all, when they are few, else a sample."""
        if combinations(self._ranges) <= CANDIDATES:
            return [values for values in grid(self._ranges) if _key(values) not in self._taken]
        drawn = [
            {each.name: each.draw(self._random) for each in self._ranges} for _ in range(CANDIDATES)
        ]
        # Beside the best ones, too: one value again.
        good = sorted(known, key=lambda one: -self._sign * one[1])[:5]
        beside = [
            {**values, each.name: each.draw(self._random)}
            for (values, _), each in itertools.product(good, self._ranges)
            for _ in range(20)
        ]
        new = {_key(v): v for v in (*drawn, *beside) if _key(v) not in self._taken}
        return list(new.values()) or [next(v for v in self._first if _key(v) not in self._taken)]

    def _place(self, values: Values) -> list[float]:
        """Where a combination is: a number from 0 to 1 for each range, or for each category."""
        return [number for each in self._ranges for number in each.place(values[each.name])]


def _key(values: Values) -> tuple[str, ...]:
    return tuple(values[name] for name in sorted(values))


def _kernel(np: Any, a: Any, b: Any) -> Any:
    """Matérn 5/2 between points, (a, b)."""
    square = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    r = np.sqrt(5 * square)
    return (1 + r + r * r / 3) * np.exp(-r)


def _regression(np: Any, x: Any, y: Any, at: Any) -> tuple[Any, Any]:
    """Mean and standard deviation of the objective at some points.

    Args:
        x: points that were tried, (tried, dimensions)
        y: their standardized objective, (tried,)
        at: (points, dimensions)
    """

    def fitted(scales: Any, noise: float) -> tuple[float, Any, Any]:
        lower = np.linalg.cholesky(
            _kernel(np, x / scales, x / scales) + (noise + 1e-9) * np.eye(len(x))
        )
        half = np.linalg.solve(lower, y)
        return -0.5 * float(half @ half) - float(np.log(np.diag(lower)).sum()), lower, half

    scales, noise = np.full(x.shape[1], 0.4), NOISES[1]
    for _ in range(SWEEPS):
        noise = max(NOISES, key=lambda each: fitted(scales, each)[0])
        for column in range(len(scales)):
            tries = np.repeat(scales[None], len(SCALES), axis=0)
            tries[:, column] = SCALES
            likelihoods = [fitted(each, noise)[0] for each in tries]
            scales = tries[int(np.argmax(likelihoods))]
    _, lower, half = fitted(scales, noise)
    between = np.linalg.solve(lower, _kernel(np, x / scales, at / scales))
    variance = np.maximum(1 - (between**2).sum(axis=0), 1e-12)
    return between.T @ half, np.sqrt(variance)


def _expected_improvement(np: Any, mean: Any, deviation: Any, best: float) -> Any:
    """By how much a point is expected to be better than the best so far, (points,)."""
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    below = 0.5 * (1 + np.array([math.erf(value / math.sqrt(2)) for value in z]))
    return (mean - best) * below + deviation * density
