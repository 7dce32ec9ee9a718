"""Temporal split: each user's newest ratings are held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.errors import DataError
from recommender.ratings import Ratings


@dataclass(frozen=True)
class Split:
    """Training rows and the later, held-out rows of the same users."""

    train: Ratings
    test: Ratings


def position(ratings: Ratings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each row's rank in its user's history (0 = oldest) and the length of that history."""
    counts = np.bincount(ratings.user, minlength=ratings.shape[0]).astype(np.int64)
    starts = np.cumsum(counts) - counts
    return np.arange(len(ratings)) - starts[ratings.user], counts[ratings.user]


def temporal_split(ratings: Ratings, fraction: float) -> Split:
    """Hold out the newest `fraction` of each user's ratings, rounded to the nearest whole row.

    A movie that occurs in held-out rows only keeps its number: it counts as missed, as it would
    in use. Raises DataError when nothing can be held out.
    """
    rank, length = position(ratings)
    held_out = rank >= length - np.rint(length * fraction)
    if not held_out.any() or held_out.all():
        raise DataError(
            f"{len(ratings)} ratings of {ratings.shape[0]} users cannot be split by time"
            f" (test_fraction={fraction}); at least one user needs three ratings"
        )
    return Split(ratings.rows(~held_out), ratings.rows(held_out))
