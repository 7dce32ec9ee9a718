"""Ratings as numbered rows, the form in which everything but the reader sees them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True)
class Ratings:
    """Ratings as numbers: one row per (user, movie), a user's rows together, oldest first.

    `user` and `item` are positions in `user_ids` and `movie_ids` (both sorted, unique).
    `time` is in seconds, 0 throughout when the data has no times. Rows of equal time stand in
    order of movie id, which says nothing: whoever needs an order among them asks `shuffle_keys`.
    All row arrays have the shape (rows,).
    """

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    rating: NDArray[np.float32]
    time: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user)

    @property
    def shape(self) -> tuple[int, int]:
        """(users, movies) of every matrix made from these rows."""
        return len(self.user_ids), len(self.movie_ids)

    @property
    def timed(self) -> bool:
        """Whether any two rows have different times."""
        return bool(len(self.time) and (self.time != self.time[0]).any())

    def rows(self, keep: NDArray[np.bool_]) -> Ratings:
        """The rows where `keep` holds; ids and their numbers stay the same."""
        return Ratings(
            self.user_ids,
            self.movie_ids,
            self.user[keep],
            self.item[keep],
            self.rating[keep],
            self.time[keep],
        )


def half_stars(ratings: Ratings) -> NDArray[np.int8]:
    """(rows,): twice the stars, in the order of a users x movies CSR matrix's cells."""
    values = np.rint(ratings.rating * 2).astype(np.int8)
    matrix = sparse.csr_matrix((values, (ratings.user, ratings.item)), shape=ratings.shape)
    matrix.sort_indices()
    found: NDArray[np.int8] = matrix.data
    return found


def star_counts(ratings: Ratings) -> NDArray[np.int64]:
    """(10,): rows of each half star, from 0.5 to 5.0."""
    halves = np.rint(ratings.rating * 2).astype(np.int64)
    return np.bincount(halves, minlength=11)[1:11]


def fingerprint(ratings: Ratings) -> str:
    """SHA-256 of the rows' ids, stars and times: equal for equal ratings in any order of rows."""
    digest = hashlib.sha256()
    columns = (
        ratings.user_ids[ratings.user].astype("<i8"),
        ratings.movie_ids[ratings.item].astype("<i8"),
        ratings.rating.astype("<f4"),
        ratings.time.astype("<i8"),
    )
    for column in columns:
        digest.update(len(column).to_bytes(8, "little"))
        digest.update(column.tobytes())
    return digest.hexdigest()


def shuffle_keys(ratings: Ratings, seed: int = 0) -> NDArray[np.uint64]:
    """(rows,): a pseudo-random number of each row's ids and the seed.

    Sorting by it shuffles rows in a way that depends neither on their order nor on the order of
    the ids nor on which other rows there are. The mixer is SplitMix64's finaliser (Steele, Lea,
    Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
    """
    user = ratings.user_ids[ratings.user].astype(np.uint64)
    movie = ratings.movie_ids[ratings.item].astype(np.uint64)
    return _mix(_mix(_mix(np.full(len(ratings), seed, np.uint64)) ^ user) ^ movie)


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = value + np.uint64(0x9E3779B97F4A7C15)  # arrays of uint64 wrap, as wanted
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return found
