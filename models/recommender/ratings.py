"""Ratings as numbered rows, the form in which everything but the reader sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ratings:
    """Ratings as numbers: one row per (user, movie), a user's rows together, oldest first.

    `user` and `item` are positions in `user_ids` and `movie_ids` (both sorted, unique).
    All row arrays have the shape (rows,).
    """

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    rating: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.user)

    @property
    def shape(self) -> tuple[int, int]:
        """(users, movies) of every matrix made from these rows."""
        return len(self.user_ids), len(self.movie_ids)

    def rows(self, keep: NDArray[np.bool_]) -> Ratings:
        """The rows where `keep` holds; ids and their numbers stay the same."""
        return Ratings(
            self.user_ids, self.movie_ids, self.user[keep], self.item[keep], self.rating[keep]
        )
