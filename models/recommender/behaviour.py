"""What every model can do beside scoring, on top of what it can do: the behaviour mixin.

Similar movies, the share that each movie of a history has in a score, and lists that repeat
themselves less. A model overrides what it knows a better way for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]


class Behaviour(ABC):
    """Mixin of all models; rests on `fold_in` alone."""

    @abstractmethod
    def fold_in(self, confidence: sparse.csr_matrix) -> Floats:
        """(rows, items): scores of new users, one row of confidences each."""

    def similarity(self, columns: NDArray[np.int64], items: int) -> Floats:
        """(len(columns), items): how alike items are to each of `columns`, 0 to 1.

        All zeros when the model knows nothing of likeness. Here: the scores of somebody who has
        that item alone, of its best other item.
        """
        ones = np.ones(len(columns), np.float32)
        rows = np.arange(len(columns) + 1)
        alone = sparse.csr_matrix((ones, columns, rows), shape=(len(columns), items))
        return unit_rows(self.fold_in(alone), columns)

    def contributions(
        self, history: sparse.csr_matrix, columns: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(len(columns), cells of `history`): what each cell adds to the scores of `columns`.

        Here: the score with all cells less the one without that cell.

        Args:
            history: one row of confidences
            columns: items whose scores are to be explained
        """
        cells = history.nnz
        if not cells:
            return np.zeros((len(columns), 0))
        every = np.tile(history.indices, (cells + 1, 1))
        keep = np.ones((cells + 1, cells), bool)
        keep[np.arange(cells), np.arange(cells)] = False  # the last row keeps all
        values = np.tile(history.data, (cells + 1, 1))
        ends = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])
        shape = (cells + 1, history.shape[1])
        rows = sparse.csr_matrix((values[keep], every[keep], ends), shape=shape)
        scores = self.fold_in(rows)[:, columns].astype(np.float64)
        share: NDArray[np.float64] = (scores[-1] - scores[:-1]).T
        return share


def unit_rows(values: Floats, columns: NDArray[np.int64]) -> Floats:
    """Rows scaled to a best of 1, each row's own column to 0, negative likeness to 0."""
    found = np.maximum(values, 0.0).astype(np.float32)
    found[np.arange(len(columns)), columns] = 0.0
    best = found.max(axis=1, keepdims=True) if found.shape[1] else np.ones((len(found), 1))
    scaled: Floats = np.divide(found, best, out=np.zeros_like(found), where=best > 0)
    return scaled


def diverse(
    candidates: NDArray[np.int64], scores: Floats, alike: Floats, diversity: float, k: int
) -> NDArray[np.int64]:
    """At most k of the candidates, by maximal marginal relevance.

    Each next item has the best of (1 - diversity) x relevance - diversity x its likeness to the
    most alike item before it (Carbonell, Goldstein: "The Use of MMR, Diversity-Based Reranking",
    SIGIR 1998). Relevance is the score brought to 0 to 1 among the candidates.

    Args:
        candidates: item columns, best first
        scores: (items,)
        alike: (len(candidates), len(candidates)), 0 to 1
        diversity: 0 keeps the order, 1 looks at likeness alone
        k: length of the list
    """
    if not len(candidates):
        return candidates
    values = scores[candidates].astype(np.float64)
    spread = values.max() - values.min()
    relevance = (values - values.min()) / spread if spread > 0 else np.ones(len(values))
    nearest = np.zeros(len(candidates))
    free = np.ones(len(candidates), bool)
    chosen: list[int] = []
    for _ in range(min(k, len(candidates))):
        worth = (1.0 - diversity) * relevance - diversity * nearest
        worth[~free] = -np.inf
        best = int(np.argmax(worth))  # the first of equals: the better score
        chosen.append(best)
        free[best] = False
        nearest = np.maximum(nearest, alike[:, best])
    return candidates[chosen]
