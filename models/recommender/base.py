"""What every model is: fit, scores, fold-in, and its arrays for the artifact."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.behaviour import Behaviour
from recommender.errors import ArtifactError, DataError

Arrays = dict[str, NDArray[Any]]
Layout = dict[str, tuple[tuple[int, ...], str]]
"""Array name → (shape, dtype)."""


class Model(Behaviour):
    """A model over numbered users (rows) and items (columns)."""

    name: ClassVar[str]

    @abstractmethod
    def fit(self, confidence: sparse.csr_matrix) -> None:
        """Learn from a users x items matrix of confidences > 0."""

    @abstractmethod
    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """(len(users), items): higher is better; seen items are not removed."""

    @abstractmethod
    def fold_in(self, confidence: sparse.csr_matrix) -> NDArray[np.float32]:
        """(rows, items): scores of new users, one row of confidences each."""

    @abstractmethod
    def arrays(self) -> Arrays:
        """All that was learnt, under the names of `layout`."""

    @classmethod
    @abstractmethod
    def layout(cls, users: int, items: int, ratings: int, factors: int) -> Layout:
        """Name → (shape, dtype) of each array, for a model fitted on this many of each."""

    @abstractmethod
    def restore(self, arrays: Arrays) -> None:
        """Take over arrays that `check_arrays` accepted."""


def check_matrix(confidence: sparse.csr_matrix, shape: tuple[int, int]) -> None:
    """Refuse a matrix of another shape (a transposed one, say) or with unusable cells.

    Raises DataError.
    """
    if confidence.shape != shape:
        turned = " (it looks transposed)" if confidence.shape == shape[::-1] else ""
        raise DataError(
            f"the confidence matrix has the shape {confidence.shape},"
            f" expected users x items = {shape}{turned}"
        )
    if not np.isfinite(confidence.data).all() or (confidence.data <= 0).any():
        raise DataError("the confidence matrix has cells that are not positive numbers")


def check_arrays(arrays: Arrays, layout: Layout, where: str) -> None:
    """Compare names, shapes, dtypes and finiteness with the layout; raises ArtifactError."""
    if set(arrays) != set(layout):
        raise ArtifactError(
            f"{where} has the arrays {sorted(arrays)}, expected exactly {sorted(layout)}"
        )
    for name, (shape, dtype) in layout.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.dtype(dtype):
            raise ArtifactError(
                f"{where}: {name} is {array.dtype}{array.shape}, expected {dtype}{shape}"
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ArtifactError(f"{where}: {name} has values that are not finite numbers")
