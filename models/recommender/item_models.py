"""Models that score by what goes with the items a user has: their pairs times item weights.

They hold the users' pairs, so that `scores` needs users' rows alone, and fold in by the same
product: a new user with a known user's movies gets that user's scores.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from threadpoolctl import threadpool_limits

from recommender.base import Arrays, Layout, Model
from recommender.errors import ArtifactError, DataError

EASE_MAX_ITEMS = 6_000
"""Above it the dense item x item matrix (144 MB of float32 here) does not pay."""
NEIGHBOURS = 100
_ITEMS_AT_ONCE = 512  # bounds a dense block of similarities


class PairModel(Model):
    """Scores are pairs x weights; stars and times are not used."""

    def __init__(self) -> None:
        self._pairs = sparse.csr_matrix((0, 0), dtype=np.float32)

    def fit(self, confidence: sparse.csr_matrix) -> None:
        self._pairs = _pairs(confidence)
        self._learn(self._pairs)

    @abstractmethod
    def _learn(self, pairs: sparse.csr_matrix) -> None:
        """Learn item weights from users x items ones."""

    @abstractmethod
    def _product(self, pairs: sparse.csr_matrix) -> NDArray[np.float32]:
        """(rows, items): pairs times weights."""

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._product(self._pairs[users])

    def fold_in(self, confidence: sparse.csr_matrix) -> NDArray[np.float32]:
        return self._product(_pairs(confidence))

    def contributions(
        self, history: sparse.csr_matrix, columns: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The weights between each rated item and each of `columns`: their sum is the score."""
        cells = np.arange(history.nnz + 1)
        ones = np.ones(history.nnz, np.float32)
        shape = (history.nnz, history.shape[1])
        alone = sparse.csr_matrix((ones, history.indices, cells), shape=shape)
        found: NDArray[np.float64] = self._product(alone)[:, columns].T.astype(np.float64)
        return found

    def arrays(self) -> Arrays:
        return {
            "pair_indptr": self._pairs.indptr.astype(np.int64),
            "pair_indices": self._pairs.indices.astype(np.int32),
        }

    @classmethod
    def layout(cls, users: int, items: int, ratings: int, factors: int) -> Layout:
        del items, factors
        return {"pair_indptr": ((users + 1,), "int64"), "pair_indices": ((ratings,), "int32")}

    def _restore_pairs(self, arrays: Arrays, items: int) -> None:
        indptr, indices = arrays["pair_indptr"], arrays["pair_indices"]
        ones = np.ones(len(indices), np.float32)
        self._pairs = checked_csr(ones, indices, indptr, items, "model.npz: pair_")


class Ease(PairModel):
    """Embarrassingly shallow auto-encoder: the item weights that best give back the pairs.

    Steck: "Embarrassingly Shallow Autoencoders for Sparse Data" (2019): with P the inverse of
    the item Gram matrix plus a penalty, B = -P / diag(P), and zero on the diagonal.
    """

    name = "ease"

    def __init__(self, penalty: float) -> None:
        super().__init__()
        self.penalty = penalty
        self.weights: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def _learn(self, pairs: sparse.csr_matrix) -> None:
        items = pairs.shape[1]
        if items > EASE_MAX_ITEMS:
            raise DataError(
                f"algorithm={self.name} needs a dense matrix of {items} x {items} movies;"
                f" valid: at most {EASE_MAX_ITEMS}, or algorithm=als"
            )
        gram = (pairs.T @ pairs).toarray().astype(np.float64)
        gram[np.diag_indices(items)] += self.penalty
        with threadpool_limits(1, "blas"):  # one thread gives equal bytes everywhere
            inverse = linalg.inv(gram, overwrite_a=True, check_finite=False)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        self.weights = weights.astype(np.float32)

    def _product(self, pairs: sparse.csr_matrix) -> NDArray[np.float32]:
        return np.asarray(pairs @ self.weights, dtype=np.float32)

    def arrays(self) -> Arrays:
        return {**super().arrays(), "item_weights": self.weights}

    @classmethod
    def layout(cls, users: int, items: int, ratings: int, factors: int) -> Layout:
        pairs = super().layout(users, items, ratings, factors)
        return {**pairs, "item_weights": ((items, items), "float32")}

    def restore(self, arrays: Arrays) -> None:
        self.weights = arrays["item_weights"]
        self._restore_pairs(arrays, len(self.weights))


class Bm25(PairModel):
    """Item-item neighbours by BM25-weighted co-occurrence, the nearest 100 of each item.

    Robertson, Zaragoza: "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
    items as documents and users as terms: users who rate everything weigh less.
    """

    name = "bm25"
    K1 = 1.2
    B = 0.75

    def __init__(self) -> None:
        super().__init__()
        self._near = sparse.csr_matrix((0, 0), dtype=np.float32)

    def _learn(self, pairs: sparse.csr_matrix) -> None:
        items = pairs.shape[1]
        raters = np.bincount(pairs.indices, minlength=items)
        rated = np.diff(pairs.indptr)
        rarity = np.log1p((items - rated + 0.5) / (rated + 0.5))
        length = 1.0 - self.B + self.B * raters / max(raters.mean(), 1.0)
        weighted = pairs.copy()
        weighted.data = (
            np.repeat(rarity, rated) * (self.K1 + 1.0) / (self.K1 * length[pairs.indices] + 1.0)
        ).astype(np.float32)
        by_item = weighted.T.tocsr()
        places = np.zeros((items, NEIGHBOURS), np.int32)
        values = np.zeros((items, NEIGHBOURS), np.float32)
        kept = min(NEIGHBOURS, items)
        for start in range(0, items, _ITEMS_AT_ONCE):
            block = (by_item[start : start + _ITEMS_AT_ONCE] @ weighted).toarray()
            rows = np.arange(len(block))
            block[rows, start + rows] = 0.0
            best = np.argsort(-block, axis=1, kind="stable")[:, :kept]
            places[start : start + len(block), :kept] = best
            values[start : start + len(block), :kept] = np.take_along_axis(block, best, axis=1)
        self._set(places, values)

    def _set(self, places: NDArray[np.int32], values: NDArray[np.float32]) -> None:
        self._places, self._values = places, values
        items = len(places)
        indptr = np.arange(items + 1, dtype=np.int64) * NEIGHBOURS
        near = checked_csr(values.ravel(), places.ravel(), indptr, items, "model.npz: near_")
        near.eliminate_zeros()
        self._near = near

    def _product(self, pairs: sparse.csr_matrix) -> NDArray[np.float32]:
        return np.asarray((pairs @ self._near).toarray(), dtype=np.float32)

    def arrays(self) -> Arrays:
        return {**super().arrays(), "near_places": self._places, "near_values": self._values}

    @classmethod
    def layout(cls, users: int, items: int, ratings: int, factors: int) -> Layout:
        pairs = super().layout(users, items, ratings, factors)
        near = (items, NEIGHBOURS)
        return {**pairs, "near_places": (near, "int32"), "near_values": (near, "float32")}

    def restore(self, arrays: Arrays) -> None:
        self._set(arrays["near_places"], arrays["near_values"].copy())
        self._restore_pairs(arrays, len(arrays["near_places"]))


def checked_csr(
    data: NDArray[np.float32],
    indices: NDArray[np.int32],
    indptr: NDArray[np.int64],
    items: int,
    where: str,
) -> sparse.csr_matrix:
    """A rows x items matrix of arrays that may come from a file; raises ArtifactError."""
    rising = indptr[0] == 0 and indptr[-1] == len(indices) and (np.diff(indptr) >= 0).all()
    if not rising or (len(indices) and (indices.min() < 0 or indices.max() >= items)):
        raise ArtifactError(f"{where}indptr and {where}indices are not a valid matrix")
    shape = (len(indptr) - 1, items)
    return sparse.csr_matrix((data.copy(), indices.copy(), indptr.copy()), shape=shape)


def _pairs(confidence: sparse.csr_matrix) -> sparse.csr_matrix:
    """The same cells, each 1."""
    ones = np.ones(len(confidence.data), np.float32)
    return sparse.csr_matrix((ones, confidence.indices, confidence.indptr), confidence.shape)
