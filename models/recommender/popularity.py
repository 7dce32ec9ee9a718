"""The baseline: every user gets the movies that most users rated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.base import Arrays, Layout, Model


def rating_counts(confidence: sparse.csr_matrix) -> NDArray[np.float32]:
    """(items,): how many users rated each item; exact up to 2^24."""
    return np.bincount(confidence.indices, minlength=confidence.shape[1]).astype(np.float32)


class Popularity(Model):
    """Scores are rating counts, the same for everybody."""

    name = "popularity"

    def __init__(self) -> None:
        self.counts: NDArray[np.float32] = np.zeros(0, np.float32)

    def fit(self, confidence: sparse.csr_matrix) -> None:
        self.counts = rating_counts(confidence)

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.tile(self.counts, (len(users), 1))

    def fold_in(self, confidence: sparse.csr_matrix) -> NDArray[np.float32]:
        return np.tile(self.counts, (confidence.shape[0], 1))

    def similarity(self, columns: NDArray[np.int64], items: int) -> NDArray[np.float32]:
        """Zeros: counts say nothing of likeness."""
        return np.zeros((len(columns), items), np.float32)

    def contributions(
        self, history: sparse.csr_matrix, columns: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Zeros: nobody's history changes the list."""
        return np.zeros((len(columns), history.nnz))

    def arrays(self) -> Arrays:
        return {"counts": self.counts}

    @classmethod
    def layout(cls, users: int, items: int, ratings: int, factors: int) -> Layout:
        del users, ratings, factors
        return {"counts": ((items,), "float32")}

    def restore(self, arrays: Arrays) -> None:
        self.counts = arrays["counts"]
