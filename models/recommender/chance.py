"""How much of a confidence matrix is chance, and the penalty that leaves the rest of it.

The larger the penalty of ALS, the more components of the matrix it takes away, those of small
singular values first. One that suits MovieLens leaves nothing but popularity of few or short
histories. What chance alone gives is known from the same cells with the movies shuffled: parallel
analysis (Horn: "A Rationale and Test for the Number of Factors in Factor Analysis", Psychometrika
1965), without what the numbers of ratings explain, as in Newman's modularity (PNAS 2006).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.hyperparameters import Hyperparameters

HIGHEST_SHARE = 0.5
"""Of the chance level, the highest penalty: well above it ALS gives popularity, well below it noise
is learnt (docs/recommender.md, "Small and sparse data")."""
_STEPS = 40
_FIGURES = 3


def suited(settings: Hyperparameters, confidence: sparse.csr_matrix) -> Hyperparameters:
    """The settings with `regularization` lowered where it would leave nothing to learn.

    Args:
        confidence: users x movies, what is to be fitted
    """
    if settings.regularization <= HIGHEST_SHARE * _floor(confidence):
        return settings
    highest = HIGHEST_SHARE * chance_level(confidence)
    if settings.regularization <= highest or highest <= 0.0:
        return settings
    return replace(settings, regularization=float(f"{highest:.{_FIGURES}g}"))


def chance_level(confidence: sparse.csr_matrix, seed: int = 0) -> float:
    """Largest singular value of the shuffled matrix without the product of its margins.

    By power steps, which end within some hundredths of it; equal for equal cells.
    """
    rng = np.random.default_rng(seed)
    cells = (confidence.data, rng.permutation(confidence.indices), confidence.indptr)
    shuffled = sparse.csr_matrix(cells, shape=confidence.shape)
    by_user = np.asarray(shuffled.sum(axis=1), np.float64).ravel()
    by_movie = np.asarray(shuffled.sum(axis=0), np.float64).ravel()
    total = by_user.sum()
    turned = shuffled.T
    vector = rng.standard_normal(confidence.shape[1])
    level = 0.0
    for _ in range(_STEPS):
        vector /= max(float(np.linalg.norm(vector)), np.finfo(np.float64).tiny)
        image = shuffled @ vector - by_user * (by_movie @ vector / total)
        level = float(np.linalg.norm(image))
        vector = turned @ image - by_movie * (by_user @ image / total)
    return level


def _floor(confidence: sparse.csr_matrix) -> float:
    """What the chance level is seldom below, in one pass: a typical row's length and a column's."""
    squares = confidence.multiply(confidence)
    return sum(_typical(np.asarray(squares.sum(axis=axis), np.float64).ravel()) for axis in (0, 1))


def _typical(squares: NDArray[np.float64]) -> float:
    """Root of the mean of squared lengths, each weighted by itself: that of a cell's row."""
    return float(np.sqrt((squares**2).sum() / squares.sum()))
