"""Ratings of people whose taste shifts, made from a seed and from what they have rated before.

Before the shift a person rates what the people most like them have rated (cosine over the sets of
rated movies). Then each of `CIRCLES` circles of people turns to a fashion of its own: movies that
the seed names. Nothing here knows the model that is to notice it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError

__all__ = ["Rating", "Tastes", "calm", "shifted"]

Rating = tuple[int, int, float, int]
"""User id, movie id, stars, seconds since 1970."""

CIRCLES: Final = 6
FASHION: Final = 30
"""Movies of a circle's fashion, at most a quarter of all."""
NEIGHBOURS: Final = 15
SECONDS: Final = 60
"""Between two ratings."""
LEAST_USERS: Final = 30
LEAST_MOVIES: Final = 60


@dataclass(frozen=True)
class Tastes:
    """What a sample of people have rated so far.

    Attributes:
        user_ids: (users,)
        movie_ids: (movies,)
        rated: (users, movies) whether
        newest: time of the newest rating
    """

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    rated: NDArray[np.bool_]
    newest: int

    @classmethod
    def of(cls, ratings: Iterator[Rating], most_users: int, seed: int) -> Tastes:
        """Of at most so many people, drawn from all.

        Raises:
            DataError: too few people or movies to have tastes
        """
        rows = np.array([(user, movie, time) for user, movie, _, time in ratings], np.int64)
        rows = rows.reshape(-1, 3)
        users, user = np.unique(rows[:, 0], return_inverse=True)
        movies, movie = np.unique(rows[:, 1], return_inverse=True)
        if len(users) < LEAST_USERS or len(movies) < LEAST_MOVIES:
            raise DataError(
                f"{len(users)} users and {len(movies)} movies have too few tastes to shift; valid "
                f"are {LEAST_USERS} users and {LEAST_MOVIES} movies or more."
            )
        chance = np.random.default_rng(seed)
        drawn = np.sort(chance.permutation(len(users))[:most_users])
        place = np.full(len(users), -1)
        place[drawn] = np.arange(len(drawn))
        rated = np.zeros((len(drawn), len(movies)), bool)
        inside = place[user] >= 0
        rated[place[user[inside]], movie[inside]] = True
        return cls(users[drawn], movies, rated, int(rows[:, 2].max()))

    def with_ratings(self, ratings: list[Rating]) -> Tastes:
        """The same people, who have given these ratings too."""
        rated = self.rated.copy()
        if not ratings:
            return self
        user = np.searchsorted(self.user_ids, [r[0] for r in ratings])
        movie = np.searchsorted(self.movie_ids, [r[1] for r in ratings])
        rated[user, movie] = True
        return Tastes(self.user_ids, self.movie_ids, rated, ratings[-1][3])


def calm(tastes: Tastes, each: int, seed: int) -> list[Rating]:
    """Ratings by the tastes of so far.

    Args:
        tastes: of so far
        each: ratings of each person, fewer where nothing is left
        seed: another one gives other ratings

    Returns:
        in the order of time, everybody's first one first
    """
    seen = tastes.rated.astype(np.float32)
    length = np.sqrt(np.maximum(seen.sum(axis=1), 1))
    alike = (seen @ seen.T) / np.outer(length, length)
    np.fill_diagonal(alike, 0)
    near = np.argsort(-alike, axis=1, kind="stable")[:, :NEIGHBOURS]
    weights = np.zeros_like(seen)
    for user, others in enumerate(near):
        # Squared: what several of them have rated is what this taste consists of.
        weights[user] = (alike[user, others] @ seen[others]) ** 2
    return _drawn(tastes, weights, each, seed)


def shifted(
    tastes: Tastes, each: int, seed: int, fashions_seed: int, leave: int = 0
) -> list[Rating]:
    """Ratings by the circles' fashions.

    Args:
        tastes: of so far
        each: as of `calm`
        seed: as of `calm`
        fashions_seed: of the circles and their fashions, which stay the same from wave to wave
        leave: movies of the fashion that each person has not rated afterwards, for a later wave
    """
    chance = np.random.default_rng(fashions_seed)
    users, movies = tastes.rated.shape
    circle = chance.integers(0, CIRCLES, users)
    size = min(FASHION, movies // 4)
    names = np.argsort([_mixed(int(movie), fashions_seed) for movie in tastes.movie_ids])
    weights = np.zeros((users, movies), np.float32)
    for number in range(CIRCLES):
        start = number * size % movies
        fashion = np.roll(names, -start)[:size]
        rows = np.flatnonzero(circle == number)
        weights[np.ix_(rows, fashion)] = 1.0 / (1.0 + np.arange(size)) ** 0.5
    return _drawn(tastes, weights, each, seed, leave)


def _drawn(
    tastes: Tastes, weights: NDArray[np.float32], each: int, seed: int, leave: int = 0
) -> list[Rating]:
    """So many unseen movies of each person by weight, without one twice (Gumbel top-k)."""
    chance = np.random.default_rng(seed)
    unseen = (weights > 0) & ~tastes.rated
    most = np.clip(unseen.sum(axis=1) - leave, 0, each)
    keys = np.where(
        unseen, np.log(np.maximum(weights, 1e-30)) + chance.gumbel(size=weights.shape), -np.inf
    )
    order = np.argsort(-keys, axis=1, kind="stable")[:, :each]
    found: list[Rating] = []
    time = tastes.newest
    for turn in range(order.shape[1]):
        for user in chance.permutation(len(order)).tolist():
            movie = int(order[user, turn])
            if turn < most[user]:
                time += SECONDS
                stars = int(chance.integers(6, 11)) / 2
                found.append(
                    (int(tastes.user_ids[user]), int(tastes.movie_ids[movie]), stars, time)
                )
    return found


def _mixed(movie: int, seed: int) -> int:
    """A number that says nothing of the movie."""
    value = (movie * 0x9E3779B97F4A7C15 + seed * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    return ((value ^ (value >> 31)) * 0x94D049BB133111EB) & (2**62 - 1)
