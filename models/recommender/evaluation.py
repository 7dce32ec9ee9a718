"""Fit on training rows, rank for every user, measure on the held-out rows."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender import metrics
from recommender.base import Model, check_matrix
from recommender.chance import suited
from recommender.confidence import confidence_matrix, weighting
from recommender.factory import create
from recommender.hyperparameters import Hyperparameters
from recommender.popularity import Popularity, rating_counts
from recommender.protocols import Split
from recommender.ranking import exclude, top_k
from recommender.ratings import Ratings
from recommender.statistics import Interval, bootstrap
from recommender.trainer import WITH_ALS

_USERS_AT_ONCE = 512  # bounds the dense score block: 512 x 10,000 float32 is 20 MB


@dataclass(frozen=True)
class Fitted:
    """A model, what it was fitted on, the seconds `fit` took, and the settings it was fitted with.

    The settings have the penalty that was used (`chance.suited`); to answer, the model needs it.
    """

    model: Model
    confidence: sparse.csr_matrix
    seconds: float
    settings: Hyperparameters


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
    if settings.algorithm in WITH_ALS:
        settings = suited(settings, confidence)
    model = create(settings)
    started = time.perf_counter()
    model.fit(confidence)
    return Fitted(model, confidence, time.perf_counter() - started, settings)


@dataclass(frozen=True)
class Lists:
    """A model's lists for users with held-out rows.

    Attributes:
        users: (measured,) rows of the users, ascending
        listed: (measured, k) items, best first; -1 where a list is shorter
        hits: (measured, k) whether an item is among the user's held-out ones
        relevant: (measured,) numbers of held-out rows
    """

    users: NDArray[np.int64]
    listed: NDArray[np.int32]
    hits: NDArray[np.bool_]
    relevant: NDArray[np.int64]

    def measured(self, k: int, raters: NDArray[np.int64], of_users: int) -> Measured:
        """Metrics of the lists' first k.

        Args:
            raters: (items,) of the training rows
            of_users: number of users that those are of
        """
        listed = self.listed[:, :k]
        exposure = np.bincount(listed[listed >= 0], minlength=len(raters))
        return Measured(
            k,
            self.users,
            metrics.per_user(self.hits[:, :k], self.relevant),
            {
                "coverage": metrics.coverage(exposure),
                "novelty": metrics.novelty(exposure, raters, of_users),
                "gini": metrics.gini(exposure),
            },
        )


def rank(
    model: Model,
    seen: sparse.csr_matrix,
    test: Ratings,
    k: int,
    users: NDArray[np.int64] | None = None,
) -> Lists:
    """Lists of k unseen items for users with held-out rows, or for those of them in `users`.

    Scores are made block by block, so memory grows with the lists alone.
    """
    held_out = sparse.csr_matrix(
        (np.ones(len(test), np.int8), (test.user, test.item)), shape=test.shape
    )
    relevant = np.diff(held_out.indptr)
    with_rows = np.flatnonzero(relevant)
    if users is not None:
        with_rows = np.intersect1d(with_rows, users)
    listed = np.full((len(with_rows), k), -1, np.int32)
    hits = np.zeros((len(with_rows), k), bool)
    wanted = np.zeros(test.shape[1], bool)
    for start in range(0, len(with_rows), _USERS_AT_ONCE):
        block = with_rows[start : start + _USERS_AT_ONCE]
        for row, scores in enumerate(model.scores(block), start):
            user = with_rows[row]
            exclude(scores, seen, user)
            best = top_k(scores, k)
            listed[row, : len(best)] = best
            cells = held_out.indices[held_out.indptr[user] : held_out.indptr[user + 1]]
            wanted[cells] = True
            hits[row, : len(best)] = wanted[best]
            wanted[cells] = False
    return Lists(with_rows, listed, hits, relevant[with_rows].astype(np.int64))


def measure(model: Model, seen: sparse.csr_matrix, test: Ratings, k: int) -> Measured:
    """Metrics of lists of k unseen items against the held-out rows."""
    raters = rating_counts(seen).astype(np.int64)
    return rank(model, seen, test, k).measured(k, raters, test.shape[0])


def measure_with_baseline(fitted: Fitted, split: Split, k: int) -> tuple[Measured, Measured]:
    """The model's metrics and the popularity baseline's on the same rows."""
    baseline = Popularity()
    baseline.fit(fitted.confidence)
    return (
        measure(fitted.model, fitted.confidence, split.test, k),
        measure(baseline, fitted.confidence, split.test, k),
    )
