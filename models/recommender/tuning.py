"""Hyper-parameter search on a validation split inside the training rows.

The validation rows are held out under the job's own protocol: settings that win under one
protocol lose under another (docs/recommender.md). The caller never passes test rows.

Random search: draws are log-uniform for `regularization` and for the ratio
regularization/alpha (quality depends on the ratio far more than on either), uniform for
`recency`, and from short lists for `factors` and `rating_power`. `recency` is not drawn above
what helped on more than one data set: more than that pays only where users rate in sessions.

The best of many measured settings looks better than it is. So half of the users choose, and the
other half decide: the winner is taken only when it beats the settings it started from, and the
defaults, beyond noise on users who had no say in choosing it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation import fit, measure
from recommender.hyperparameters import Hyperparameters
from recommender.protocols import split
from recommender.ratings import Ratings
from recommender.statistics import Comparison, compare

FACTORS = (32, 48, 64, 96)
RATING_POWERS = (0.5, 1.0, 1.5, 2.0)
REGULARIZATION = (15.0, 100.0)
RATIO = (7.0, 27.0)
RECENCY = (0.0, 1.0)
TUNED = ("factors", "regularization", "alpha", "rating_power", "recency")


@dataclass(frozen=True)
class Found:
    """What a search gives: the settings to use, and why."""

    settings: Hyperparameters
    score: float
    """Validation nDCG of `settings` over all measured users."""
    kept: bool
    """Whether they are those it started from or the defaults, as nothing beat them."""
    gain: Comparison | None
    """The best draw against those, on the deciding users; None without a better draw."""


def _log_uniform(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    return math.exp(rng.uniform(math.log(ends[0]), math.log(ends[1])))


def draw(settings: Hyperparameters, rng: np.random.Generator) -> Hyperparameters:
    """One random variation of `settings`."""
    regularization = _log_uniform(rng, REGULARIZATION)
    ratio = _log_uniform(rng, RATIO)
    return replace(
        settings,
        factors=int(rng.choice(FACTORS)),
        regularization=round(regularization, 1),
        alpha=round(regularization / ratio, 2),
        rating_power=float(rng.choice(RATING_POWERS)),
        recency=round(float(rng.uniform(*RECENCY)), 2),
    )


def search(train: Ratings, settings: Hyperparameters, report: Callable[[str], None]) -> Found:
    """Try `settings.tune_trials` draws; never returns settings measured worse than the defaults.

    The settings given and the defaults are measured first, beside the draws. `report` gets one
    line per trial. Raises DataError when the rows cannot be split under the protocol.
    """
    held_out = split(train, settings.protocol, settings.test_fraction, settings.seed)
    rng = np.random.default_rng(settings.seed)
    defaults = replace(settings, **{name: getattr(Hyperparameters(), name) for name in TUNED})
    starts = list(dict.fromkeys([settings, defaults]))
    candidates = starts + [draw(settings, rng) for _ in range(settings.tune_trials)]
    scores: list[NDArray[np.float64]] = []
    for trial, candidate in enumerate(candidates):
        fitted = fit(held_out.train, candidate)
        measured = measure(fitted.model, fitted.confidence, held_out.test, settings.k)
        scores.append(measured.per_user["ndcg"])
        report(
            f"tune trial={trial} validation_ndcg={scores[-1].mean():.4f}"
            f" factors={candidate.factors}"
            f" regularization={candidate.regularization} alpha={candidate.alpha}"
            f" rating_power={candidate.rating_power} recency={candidate.recency}"
        )
    start = max(range(len(starts)), key=lambda i: (scores[i].mean(), -i))
    choosing = rng.permutation(len(scores[0])) % 2 == 0
    if choosing.all():  # one user: nobody is left to decide
        return Found(starts[start], float(scores[start].mean()), True, None)
    best = max(range(len(candidates)), key=lambda i: (scores[i][choosing].mean(), -i))
    if best < len(starts):
        return Found(starts[start], float(scores[start].mean()), True, None)
    gain = compare(scores[best][~choosing], scores[start][~choosing])
    if gain.better and scores[best].mean() > scores[start].mean():
        return Found(candidates[best], float(scores[best].mean()), False, gain)
    return Found(starts[start], float(scores[start].mean()), True, gain)
