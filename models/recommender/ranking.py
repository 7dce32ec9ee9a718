"""Top-k selection: seen items out, best first, equal scores in a fixed order."""

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


def exclude(scores: NDArray[np.floating[Any]], seen: sparse.csr_matrix, row: int) -> None:
    """Set the scores (items,) of the items in `seen`'s row to -inf, in place."""
    scores[seen.indices[seen.indptr[row] : seen.indptr[row + 1]]] = -np.inf
