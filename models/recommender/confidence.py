"""From ratings to the confidence matrix that implicit factorises.

implicit minimises, over rated cells, c·(1 - x·y)² and, over all others, (x·y)². A cell with
c < 1 therefore counts for less than an unrated one, and c → 0 leaves it out: old ratings fade
instead of turning into dislikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.hyperparameters import Hyperparameters
from recommender.ratings import Ratings


@dataclass(frozen=True)
class Weighting:
    """How a rating becomes a confidence, and the scale that makes the training mean `alpha`."""

    alpha: float
    rating_power: float
    recency: float
    scale: float
    """Confidence of a five-star rating that is the user's newest."""
    fading: float
    """Mean of exp(-recency x age) over the training rows; 1 when they have no times."""

    def confidence(
        self, rating: NDArray[np.floating[Any]], age: NDArray[np.floating[Any]]
    ) -> NDArray[np.float32]:
        """Confidences; `age` runs from 0 (newest) to 1 (oldest) within a user's history."""
        raw = _raw(rating, age, self.rating_power, self.recency)
        return (self.scale * raw).astype(np.float32)

    def undated(self, rating: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Confidences of ratings with no known order: each has the mean recency."""
        raw = _raw(rating, np.zeros(len(rating)), self.rating_power, 0.0)
        return (self.scale * self.fading * raw).astype(np.float32)


def _raw(
    rating: NDArray[np.floating[Any]], age: NDArray[np.floating[Any]], power: float, recency: float
) -> NDArray[np.float64]:
    weight: NDArray[np.float64] = (rating.astype(np.float64) / 5.0) ** power * np.exp(
        -recency * age.astype(np.float64)
    )
    return weight


def ages(ratings: Ratings) -> NDArray[np.float64]:
    """Each row's age: the share of its user's ratings that are newer, in [0, 1).

    Equal times have equal age, so a user whose ratings all have one time has no old ones, and
    data without times has no ages.
    """
    counts = np.bincount(ratings.user, minlength=ratings.shape[0]).astype(np.int64)
    ends = np.cumsum(counts)
    new = np.ones(len(ratings), bool)  # rows where a run of one user and one time begins
    new[1:] = (np.diff(ratings.user) != 0) | (np.diff(ratings.time) != 0)
    run_ends = np.append(np.flatnonzero(new)[1:], len(ratings))
    newer = ends[ratings.user] - run_ends[np.cumsum(new) - 1]
    share: NDArray[np.float64] = newer / counts[ratings.user]
    return share


def weighting(ratings: Ratings, settings: Hyperparameters) -> Weighting:
    """The weighting whose mean over these rows is `settings.alpha`."""
    age = ages(ratings)
    raw = _raw(ratings.rating, age, settings.rating_power, settings.recency)
    return Weighting(
        settings.alpha,
        settings.rating_power,
        settings.recency,
        settings.alpha / float(raw.mean()),
        float(np.exp(-settings.recency * age).mean()),
    )


def confidence_matrix(ratings: Ratings, chosen: Weighting) -> sparse.csr_matrix:
    """Users x movies, float32 CSR with sorted indices, one cell per rating."""
    values = chosen.confidence(ratings.rating, ages(ratings))
    matrix = sparse.csr_matrix((values, (ratings.user, ratings.item)), shape=ratings.shape)
    matrix.sort_indices()
    return matrix
