"""Fit on training rows, rank for every user, measure on the held-out rows."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender import metrics
from recommender.base import Model, check_matrix
from recommender.confidence import confidence_matrix, weighting
from recommender.factory import create
from recommender.hyperparameters import Hyperparameters
from recommender.popularity import Popularity, rating_counts
from recommender.protocols import Split
from recommender.ranking import exclude, top_k
from recommender.ratings import Ratings
from recommender.statistics import Interval, bootstrap

_USERS_AT_ONCE = 512  # bounds the dense score block: 512 x 10,000 float32 is 20 MB


@dataclass(frozen=True)
class Fitted:
    """A model, what it was fitted on, and the seconds `fit` took."""

    model: Model
    confidence: sparse.csr_matrix
    seconds: float


@dataclass(frozen=True)
class Measured:
    """A model's metrics: per user for those with held-out rows, and of all lists together."""

    k: int
    users: NDArray[np.int64]
    """(measured,): the users' rows, ascending."""
    per_user: dict[str, NDArray[np.float64]]
    """Name → (measured,)."""
    overall: dict[str, float]

    def result(self) -> dict[str, float]:
        """Means over users, and the rest, by the names of MetricDefinitions: `ndcg_at_10`."""
        means = {name: float(values.mean()) for name, values in self.per_user.items()}
        return {f"{name}_at_{self.k}": value for name, value in (means | self.overall).items()}

    def intervals(self, seed: int = 0) -> dict[str, Interval]:
        """Bootstrap intervals over users of the metrics that are means over users."""
        return {
            f"{name}_at_{self.k}": bootstrap(values, seed) for name, values in self.per_user.items()
        }


def fit(ratings: Ratings, settings: Hyperparameters) -> Fitted:
    """Fit `settings.algorithm`; the seconds are those of the solver alone."""
    confidence = confidence_matrix(ratings, weighting(ratings, settings))
    check_matrix(confidence, ratings.shape)
    model = create(settings)
    started = time.perf_counter()
    model.fit(confidence)
    return Fitted(model, confidence, time.perf_counter() - started)


def measure(model: Model, seen: sparse.csr_matrix, test: Ratings, k: int) -> Measured:
    """Metrics of lists of k unseen items against the held-out rows."""
    users, items = test.shape
    held_out = sparse.csr_matrix(
        (np.ones(len(test), np.int8), (test.user, test.item)), shape=(users, items)
    )
    relevant = np.diff(held_out.indptr)
    with_rows = np.flatnonzero(relevant)
    hits = np.zeros((len(with_rows), k), bool)
    exposure = np.zeros(items, np.int64)
    wanted = np.zeros(items, bool)
    for start in range(0, len(with_rows), _USERS_AT_ONCE):
        block = with_rows[start : start + _USERS_AT_ONCE]
        for row, scores in enumerate(model.scores(block), start):
            user = with_rows[row]
            exclude(scores, seen, user)
            listed = top_k(scores, k)
            cells = held_out.indices[held_out.indptr[user] : held_out.indptr[user + 1]]
            wanted[cells] = True
            hits[row, : len(listed)] = wanted[listed]
            wanted[cells] = False
            exposure[listed] += 1
    raters = rating_counts(seen).astype(np.int64)
    return Measured(
        k,
        with_rows,
        metrics.per_user(hits, relevant[with_rows]),
        {
            "coverage": metrics.coverage(exposure),
            "novelty": metrics.novelty(exposure, raters, users),
            "gini": metrics.gini(exposure),
        },
    )


def measure_with_baseline(fitted: Fitted, split: Split, k: int) -> tuple[Measured, Measured]:
    """The model's metrics and the popularity baseline's on the same rows."""
    baseline = Popularity()
    baseline.fit(fitted.confidence)
    return (
        measure(fitted.model, fitted.confidence, split.test, k),
        measure(baseline, fitted.confidence, split.test, k),
    )
