"""Top-k selection and the ranking metrics.

Every held-out row is relevant, items seen in training are removed, and a user without held-out
rows is left out. All metrics are means over users, except coverage.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def top_k(scores: NDArray[np.floating[Any]], k: int) -> NDArray[np.int64]:
    """Positions of the k best scores, best first; equal scores in order of position.

    `scores` has the shape (items,). Items with a score of -inf are excluded and never fill the
    list, so it may be shorter than k (implicit's own `recommend` fills with them instead).
    """
    k = min(k, len(scores))
    threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= threshold)
    best = candidates[np.argsort(-scores[candidates], kind="stable")][:k]
    listed: NDArray[np.int64] = best[np.isfinite(scores[best])]
    return listed


class RankingMetrics:
    """Accumulates users' lists and gives the means.

    nDCG divides by the best possible gain of min(k, relevant) hits. Precision divides hits by k.
    Recall divides hits by the user's relevant rows. MAP divides the sum of precisions at hits by
    min(k, relevant). Coverage is the share of all items that occur in any list.
    """

    def __init__(self, k: int, items: int) -> None:
        self.k = k
        self.users = 0
        self._discount = 1.0 / np.log2(np.arange(2, k + 2))
        self._ideal = np.concatenate([[0.0], np.cumsum(self._discount)])
        self._sums = np.zeros(4)
        self._listed = np.zeros(items, dtype=bool)

    def add(self, recommended: NDArray[np.int64], relevant: NDArray[np.int32]) -> None:
        """One user's list (best first, at most k) and held-out items (at least one)."""
        hits = np.isin(recommended, relevant)
        best = min(self.k, len(relevant))
        ranks = np.arange(1, len(hits) + 1)
        self._sums += (
            float(hits @ self._discount[: len(hits)]) / self._ideal[best],
            hits.sum() / self.k,
            hits.sum() / len(relevant),
            float((hits * np.cumsum(hits) / ranks).sum()) / best,
        )
        self._listed[recommended] = True
        self.users += 1

    def result(self) -> dict[str, float]:
        """Names as in MetricDefinitions, for instance `ndcg_at_10`."""
        means = self._sums / max(self.users, 1)
        names = ("ndcg", "precision", "recall", "map")
        found = {f"{n}_at_{self.k}": float(m) for n, m in zip(names, means, strict=True)}
        found[f"coverage_at_{self.k}"] = float(self._listed.mean())
        return found


def exclude(scores: NDArray[np.floating[Any]], seen: sparse.csr_matrix, row: int) -> None:
    """Set the scores (items,) of the items in `seen`'s row to -inf, in place."""
    scores[seen.indices[seen.indptr[row] : seen.indptr[row + 1]]] = -np.inf
