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

from recommender.ratings import Ratings
from recommender.settings import Settings
from recommender.split import position


@dataclass(frozen=True)
class Weighting:
    """How a rating becomes a confidence, and the scale that makes the training mean `alpha`."""

    alpha: float
    rating_power: float
    recency: float
    scale: float
    """Confidence of a five-star rating that is the user's newest."""

    def confidence(
        self, rating: NDArray[np.floating[Any]], age: NDArray[np.floating[Any]]
    ) -> NDArray[np.float32]:
        """Confidences; `age` runs from 0 (newest) to 1 (oldest) within a user's history."""
        raw = _raw(rating, age, self.rating_power, self.recency)
        return (self.scale * raw).astype(np.float32)

    def undated(self, rating: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Confidences of ratings with no known order: each has the mean recency."""
        fading = -np.expm1(-self.recency) / self.recency if self.recency else 1.0
        raw = _raw(rating, np.zeros(len(rating)), self.rating_power, 0.0)
        return (self.scale * fading * raw).astype(np.float32)


def _raw(
    rating: NDArray[np.floating[Any]], age: NDArray[np.floating[Any]], power: float, recency: float
) -> NDArray[np.float64]:
    weight: NDArray[np.float64] = (rating.astype(np.float64) / 5.0) ** power * np.exp(
        -recency * age.astype(np.float64)
    )
    return weight


def ages(ratings: Ratings) -> NDArray[np.float64]:
    """Each row's age: the share of its user's ratings that are newer, in [0, 1)."""
    rank, length = position(ratings)
    return 1.0 - (rank + 1) / length


def weighting(ratings: Ratings, settings: Settings) -> Weighting:
    """The weighting whose mean over these rows is `settings.alpha`."""
    raw = _raw(ratings.rating, ages(ratings), settings.rating_power, settings.recency)
    return Weighting(
        settings.alpha,
        settings.rating_power,
        settings.recency,
        settings.alpha / float(raw.mean()),
    )


def confidence_matrix(ratings: Ratings, chosen: Weighting) -> sparse.csr_matrix:
    """users x movies, float32 CSR with sorted indices, one cell per rating."""
    values = chosen.confidence(ratings.rating, ages(ratings))
    matrix = sparse.csr_matrix((values, (ratings.user, ratings.item)), shape=ratings.shape)
    matrix.sort_indices()
    return matrix
