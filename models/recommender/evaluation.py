"""Fit on training rows, rank for every user, measure on the held-out rows."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.base import Model, check_matrix
from recommender.confidence import confidence_matrix, weighting
from recommender.factory import create
from recommender.popularity import Popularity
from recommender.ranking import RankingMetrics, exclude, top_k
from recommender.ratings import Ratings
from recommender.settings import Settings
from recommender.split import Split

_USERS_AT_ONCE = 512  # bounds the dense score block: 512 x 10,000 float32 is 20 MB


@dataclass(frozen=True)
class Fitted:
    """A model, what it was fitted on, and the seconds `fit` took."""

    model: Model
    confidence: sparse.csr_matrix
    seconds: float


def fit(ratings: Ratings, settings: Settings) -> Fitted:
    """Fit `settings.algorithm`; the seconds are those of the solver alone."""
    confidence = confidence_matrix(ratings, weighting(ratings, settings))
    check_matrix(confidence, ratings.shape)
    model = create(settings)
    started = time.perf_counter()
    model.fit(confidence)
    return Fitted(model, confidence, time.perf_counter() - started)


def measure(model: Model, seen: sparse.csr_matrix, test: Ratings, k: int) -> dict[str, float]:
    """Metrics of lists of k unseen items against the held-out rows."""
    users, items = test.shape
    held_out = sparse.csr_matrix(
        (np.ones(len(test), np.int8), (test.user, test.item)), shape=(users, items)
    )
    relevant_counts = np.diff(held_out.indptr)
    with_rows = np.flatnonzero(relevant_counts)
    metrics = RankingMetrics(k, items)
    for start in range(0, len(with_rows), _USERS_AT_ONCE):
        block = with_rows[start : start + _USERS_AT_ONCE]
        for user, scores in zip(block.tolist(), model.scores(block), strict=True):
            exclude(scores, seen, user)
            cells = slice(held_out.indptr[user], held_out.indptr[user + 1])
            metrics.add(top_k(scores, k), held_out.indices[cells])
    return metrics.result()


def measure_with_baseline(fitted: Fitted, split: Split, k: int) -> dict[str, float]:
    """The model's metrics and, as `popularity_…`, the baseline's on the same rows."""
    baseline = Popularity()
    baseline.fit(fitted.confidence)
    result = measure(fitted.model, fitted.confidence, split.test, k)
    beside = measure(baseline, fitted.confidence, split.test, k)
    return result | {f"popularity_{name}": value for name, value in beside.items()}
