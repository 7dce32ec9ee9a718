"""Evaluation protocols: which rows are held out.

    newest_per_user      each user's newest share (equal times in shuffled order)
    global_time          all rows from one moment on; users unknown before it are left out
    leave_last_one_out   each user's newest row
    stratified_item      a random share of each item's rows
    stratified_user      a random share of each user's rows

Meng et al.: "Exploring Data Splitting Strategies for the Evaluation of Recommendation Models"
(RecSys 2020) compares them: a model that wins under one may lose under another, so a figure
without its protocol says little. All are deterministic in the rows, the share and the seed, and
none depends on the order of rows or ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.errors import DataError, SettingsError
from recommender.ratings import Ratings, shuffle_keys


@dataclass(frozen=True)
class Split:
    """Training rows and held-out rows of the same numbering."""

    train: Ratings
    test: Ratings
    left_out: int = 0
    """Rows in neither part: held-out rows of users who have no training row."""


def split(ratings: Ratings, protocol: str, fraction: float, seed: int = 42) -> Split:
    """Hold out `fraction` (0 to 1) of the rows under the protocol of that name.

    A movie that occurs in held-out rows only keeps its number: it counts as missed, as it would
    in use. Raises SettingsError for an unknown protocol, DataError when nothing can be held out.
    """
    if protocol not in PROTOCOLS:
        raise SettingsError(f"protocol={protocol!r} is unknown; valid: {', '.join(PROTOCOLS)}")
    held_out = PROTOCOLS[protocol](ratings, fraction, seed)
    train = ratings.rows(~held_out)
    known = np.bincount(train.user, minlength=ratings.shape[0]) > 0
    measured = held_out & known[ratings.user]
    if not measured.any():
        raise DataError(
            f"{len(ratings)} ratings of {ratings.shape[0]} users cannot be split by {protocol}"
            f" (test_fraction={fraction}); at least one user needs rows on both sides,"
            f" three ratings at the least"
        )
    return Split(train, ratings.rows(measured), int(held_out.sum() - measured.sum()))


def newest_per_user(ratings: Ratings, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(rows,): each user's newest `fraction`, rounded to whole rows."""
    del seed
    rank, length = _rank_in_user(ratings, ratings.time)
    held_out: NDArray[np.bool_] = rank >= length - np.rint(length * fraction)
    return held_out


def leave_last_one_out(ratings: Ratings, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(rows,): the newest row of every user with at least two; the share is not used."""
    del fraction, seed
    rank, length = _rank_in_user(ratings, ratings.time)
    held_out: NDArray[np.bool_] = (rank == length - 1) & (length > 1)
    return held_out


def global_time(ratings: Ratings, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(rows,): rows later than the time that 1 - `fraction` of all rows do not pass.

    Rows of one time stay together. Raises DataError when all times are equal.
    """
    del seed
    if not ratings.timed:
        raise DataError(
            "protocol=global_time needs times, and all ratings have the same one;"
            " valid here: stratified_item, stratified_user, newest_per_user"
        )
    cut = np.quantile(ratings.time, 1.0 - fraction, method="lower")
    if cut == ratings.time.max():  # more than `fraction` of the rows have the last time
        cut = ratings.time[ratings.time < cut].max()
    held_out: NDArray[np.bool_] = ratings.time > cut
    return held_out


def stratified_item(ratings: Ratings, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(rows,): a random `fraction` of each item's rows, rounded to whole rows."""
    return _stratified(ratings, ratings.item, fraction, seed)


def stratified_user(ratings: Ratings, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(rows,): a random `fraction` of each user's rows, rounded to whole rows."""
    return _stratified(ratings, ratings.user, fraction, seed)


PROTOCOLS: dict[str, Callable[[Ratings, float, int], NDArray[np.bool_]]] = {
    rule.__name__: rule
    for rule in (newest_per_user, global_time, leave_last_one_out, stratified_item, stratified_user)
}


def _rank_in_user(
    ratings: Ratings, key: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rank of each row in its user's history by `key` (equal keys shuffled), and its length."""
    order = np.lexsort((shuffle_keys(ratings), key, ratings.user))
    return _rank_in_group(ratings.user, order)


def _stratified(
    ratings: Ratings, group: NDArray[np.int32], fraction: float, seed: int
) -> NDArray[np.bool_]:
    order = np.lexsort((shuffle_keys(ratings, seed), group))
    rank, length = _rank_in_group(group, order)
    held_out: NDArray[np.bool_] = rank < np.rint(length * fraction)
    return held_out


def _rank_in_group(
    group: NDArray[np.int32], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks (rows,) within groups and the groups' sizes (rows,), given rows sorted by group."""
    sizes = np.bincount(group).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - starts[group[order]]
    return rank, sizes[group]
