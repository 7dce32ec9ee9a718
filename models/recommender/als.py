"""Alternating least squares for implicit feedback, by the `implicit` library.

Hu, Koren, Volinsky: "Collaborative Filtering for Implicit Feedback Datasets" (2008). implicit
is needed to train only: scoring and fold-in are a product and a small linear system.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.base import Arrays, Layout, Model

_TELL_SECONDS = 10.0


class _Told:
    """Say at intervals how far a long fit is: whoever waits for it looks whether it moves."""

    def __init__(self, iterations: int) -> None:
        self._iterations = iterations
        self._last = time.monotonic()

    def __call__(self, iteration: int, *_: object) -> None:
        if time.monotonic() >= self._last + _TELL_SECONDS:
            self._last = time.monotonic()
            sys.stdout.write(f"fit iteration={iteration + 1} of={self._iterations}\n")
            sys.stdout.flush()


class AlternatingLeastSquares(Model):
    """Vectors of users and items whose product approximates preference."""

    name = "als"

    def __init__(
        self, factors: int, iterations: int, regularization: float, seed: int, threads: int
    ) -> None:
        self.factors = factors
        self.iterations = iterations
        self.regularization = regularization
        self.seed = seed
        self.threads = threads
        self.user_factors: NDArray[np.float32] = np.zeros((0, factors), np.float32)
        self.item_factors: NDArray[np.float32] = np.zeros((0, factors), np.float32)
        self._gram: NDArray[np.float64] | None = None

    def fit(self, confidence: sparse.csr_matrix) -> None:
        from implicit.cpu.als import AlternatingLeastSquares as Solver
        from threadpoolctl import threadpool_limits

        # For a caller that imported numpy first, when OPENBLAS_NUM_THREADS came too late.
        with threadpool_limits(1, "blas"):
            solver = Solver(
                factors=self.factors,
                iterations=self.iterations,
                regularization=self.regularization,
                alpha=1.0,  # the matrix already holds confidences
                dtype=np.float32,
                num_threads=self.threads,
                random_state=self.seed,
            )
            solver.fit(confidence, show_progress=False, callback=_Told(self.iterations))
        self.restore({"user_factors": solver.user_factors, "item_factors": solver.item_factors})

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.user_factors[users] @ self.item_factors.T
        return found

    def fold_in(self, confidence: sparse.csr_matrix) -> NDArray[np.float32]:
        """Solve each row's (YᵀY + Yᵀ(C - I)Y + λI) x = Yᵀ C 1, the user step of the fit."""
        gram = self._normal_matrix()
        vectors = np.zeros((confidence.shape[0], self.factors))
        for row in range(confidence.shape[0]):
            cells = slice(confidence.indptr[row], confidence.indptr[row + 1])
            rated = self.item_factors[confidence.indices[cells]].astype(np.float64)
            weights = confidence.data[cells].astype(np.float64)
            system = gram + (rated.T * (weights - 1.0)) @ rated
            right = rated.T @ weights
            vectors[row] = self._solve(system, right)
        found: NDArray[np.float32] = vectors.astype(np.float32) @ self.item_factors.T
        return found

    def similarity(self, columns: NDArray[np.int64], items: int) -> NDArray[np.float32]:
        """Cosine of the items' vectors, negative ones as 0."""
        del items
        wide = self.item_factors
        length = np.maximum(np.linalg.norm(wide, axis=1), np.finfo(np.float32).tiny)
        near = (wide[columns] @ wide.T) / length / length[columns, None]
        near[np.arange(len(columns)), columns] = 0.0
        found: NDArray[np.float32] = np.clip(near, 0.0, 1.0)
        return found

    def contributions(
        self, history: sparse.csr_matrix, columns: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The terms c·yᵢᵀWyⱼ whose sum is the folded-in score (Hu et al. 2008, section 5)."""
        rated = self.item_factors[history.indices].astype(np.float64)
        weights = history.data.astype(np.float64)
        system = self._normal_matrix() + (rated.T * (weights - 1.0)) @ rated
        right = (rated * weights[:, None]).T
        vectors = self._solve(system, right)
        found: NDArray[np.float64] = self.item_factors[columns].astype(np.float64) @ vectors
        return found

    def _solve(
        self, system: NDArray[np.float64], right: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        # Positive definite when there is a penalty; without one it may be singular.
        if self.regularization > 0:
            found = np.linalg.solve(system, right)
        else:
            found = np.linalg.lstsq(system, right, rcond=None)[0]
        return np.asarray(found, np.float64)

    def _normal_matrix(self) -> NDArray[np.float64]:
        """YᵀY + λI, kept: it is the same for all new users."""
        if self._gram is None:
            wide = self.item_factors.astype(np.float64)
            self._gram = wide.T @ wide + self.regularization * np.eye(self.factors)
        return self._gram

    def arrays(self) -> Arrays:
        return {"user_factors": self.user_factors, "item_factors": self.item_factors}

    @classmethod
    def layout(cls, users: int, items: int, ratings: int, factors: int) -> Layout:
        del ratings
        return {
            "user_factors": ((users, factors), "float32"),
            "item_factors": ((items, factors), "float32"),
        }

    def restore(self, arrays: Arrays) -> None:
        self.user_factors = arrays["user_factors"]
        self.item_factors = arrays["item_factors"]
        self._gram = None
