"""Hyper-parameter search on a validation split inside the training rows.

Random search: draws are log-uniform for `regularization` and for the ratio
regularization/alpha (quality depends on the ratio far more than on either), uniform for
`recency`, and from short lists for `factors` and `rating_power`. The first trial is the settings
given, so that the search can only keep or improve the validation nDCG. The caller never passes
test rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from recommender.evaluation import fit, measure
from recommender.ratings import Ratings
from recommender.settings import Settings
from recommender.split import temporal_split

FACTORS = (32, 48, 64, 96)
RATING_POWERS = (0.5, 1.0, 1.5, 2.0)
REGULARIZATION = (15.0, 100.0)
RATIO = (7.0, 27.0)
RECENCY = (0.0, 12.0)


def _log_uniform(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    return math.exp(rng.uniform(math.log(ends[0]), math.log(ends[1])))


def draw(settings: Settings, rng: np.random.Generator) -> Settings:
    """One random variation of `settings`."""
    regularization = _log_uniform(rng, REGULARIZATION)
    ratio = _log_uniform(rng, RATIO)
    return replace(
        settings,
        factors=int(rng.choice(FACTORS)),
        regularization=round(regularization, 1),
        alpha=round(regularization / ratio, 2),
        rating_power=float(rng.choice(RATING_POWERS)),
        recency=round(float(rng.uniform(*RECENCY)), 1),
    )


def search(
    train: Ratings, settings: Settings, report: Callable[[str], None]
) -> tuple[Settings, float]:
    """The best settings of `settings.tune_trials` trials and their validation nDCG.

    Ties go to the earlier trial. `report` gets one line per trial.
    """
    split = temporal_split(train, settings.test_fraction)
    rng = np.random.default_rng(settings.seed)
    best, best_score = settings, -1.0
    for trial in range(settings.tune_trials):
        candidate = settings if trial == 0 else draw(settings, rng)
        fitted = fit(split.train, candidate)
        found = measure(fitted.model, fitted.confidence, split.test, settings.k)
        score = found[f"ndcg_at_{settings.k}"]
        report(
            f"tune trial={trial} validation_ndcg={score:.4f} factors={candidate.factors}"
            f" regularization={candidate.regularization} alpha={candidate.alpha}"
            f" rating_power={candidate.rating_power} recency={candidate.recency}"
        )
        if score > best_score:
            best, best_score = candidate, score
    return best, best_score
