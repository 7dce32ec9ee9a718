"""A rank-averaged blend: two models that err differently, together better than either.

Scores of different models have no common scale, ranks do: an item's score is the sum of its two
ranks' discounts 1/(60 + rank) (Cormack, Clarke, Büttcher: "Reciprocal Rank Fusion outperforms
Condorcet and Individual Rank Learning Methods", SIGIR 2009).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.als import AlternatingLeastSquares
from recommender.base import Arrays, Layout, Model
from recommender.item_models import Ease

_CONSTANT = 60.0


class Blend(Model):
    """ALS and EASE by reciprocal rank fusion."""

    name = "blend"

    def __init__(self, als: AlternatingLeastSquares, ease: Ease) -> None:
        self._als = als
        self._ease = ease

    def fit(self, confidence: sparse.csr_matrix) -> None:
        self._ease.fit(confidence)  # first: it refuses what is too large at once
        self._als.fit(confidence)

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        return fuse(self._als.scores(users), self._ease.scores(users))

    def fold_in(self, confidence: sparse.csr_matrix) -> NDArray[np.float32]:
        return fuse(self._als.fold_in(confidence), self._ease.fold_in(confidence))

    def similarity(self, columns: NDArray[np.int64], items: int) -> NDArray[np.float32]:
        """The mean of both models' likeness."""
        both = self._als.similarity(columns, items) + self._ease.similarity(columns, items)
        return both / np.float32(2.0)

    def contributions(
        self, history: sparse.csr_matrix, columns: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The mean of both models' shares, each of the largest share in its row."""
        total = np.zeros((len(columns), history.nnz))
        for model in (self._als, self._ease):
            shares = model.contributions(history, columns)
            largest = np.abs(shares).max(axis=1, keepdims=True, initial=0.0)
            total += np.divide(shares, largest, out=np.zeros_like(shares), where=largest > 0)
        return total / 2.0

    def arrays(self) -> Arrays:
        return {**self._als.arrays(), **self._ease.arrays()}

    @classmethod
    def layout(cls, users: int, items: int, ratings: int, factors: int) -> Layout:
        return {
            **AlternatingLeastSquares.layout(users, items, ratings, factors),
            **Ease.layout(users, items, ratings, factors),
        }

    def restore(self, arrays: Arrays) -> None:
        self._als.restore(arrays)
        self._ease.restore(arrays)


def fuse(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """(rows, items): sums of reciprocal ranks; equal scores in order of position."""
    fused = np.zeros(first.shape, np.float32)
    discounts = (1.0 / (_CONSTANT + np.arange(1, first.shape[1] + 1))).astype(np.float32)
    for scores in (first, second):
        order = np.argsort(-scores, axis=1, kind="stable")
        ranked = np.empty_like(fused)
        np.put_along_axis(ranked, order, discounts[None, :], axis=1)
        fused += ranked
    return fused
