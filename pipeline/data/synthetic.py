"""MovieLens-shaped data made from a seed, for laptops without network and for tests.

People have tastes: each belongs to a few of the hidden taste groups, each movie to one, so a
recommender has something to find that popularity does not know. Popularity has a long tail,
ratings come in half stars and in sessions. Only integers are drawn and computed with, so the
bytes are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.data.invented import genre_list, table_csv, title
from pipeline.data.words import ADJECTIVES, GENRES, NOUNS, TAG_WORDS

__all__ = ["Shape", "generate", "identity"]

#: Raise it when the generator changes: it is part of the cache key.
VERSION = 1

Ints = NDArray[np.int64]

GROUPS = 24
START, END = 828_000_000, 1_476_000_000  # March 1996 to October 2016, as in MovieLens
MIN_RATINGS = 20  # MovieLens leaves out people with fewer


@dataclass(frozen=True)
class Shape:
    """How much to generate; the defaults have the workshop's counts of ratings and tags.

    ``ratings`` go to ratings.csv, ``streamed`` to ratings-partial-load.csv;
    ``links_without_tmdb`` movies have no tmdbId.
    """

    users: int = 610
    movies: int = 9_000
    ratings: int = 80_004
    streamed: int = 20_000
    tags: int = 1_296
    links_without_tmdb: int = 13
    seed: int = 42

    def __post_init__(self) -> None:
        total = self.ratings + self.streamed
        most = self.movies // 3 * self.users
        if not (
            self.users >= 1
            and 60 <= self.movies <= len(ADJECTIVES) * len(NOUNS)
            and self.ratings >= 1
            and self.streamed >= 1
            and MIN_RATINGS * self.users <= total <= most
            and 0 <= self.tags <= total
            and 0 <= self.links_without_tmdb <= self.movies
        ):
            raise ValueError(
                f"{self}: needs 60 to {len(ADJECTIVES) * len(NOUNS)} movies, {MIN_RATINGS} "
                f"ratings per user or more, a third of the movies per user or fewer"
            )


def identity() -> str:
    """Names what :func:`generate` makes by default: same identity, same bytes."""
    return f"{VERSION}-{np.__version__}"


def generate(folder: Path, shape: Shape | None = None) -> None:
    """Write the five CSV files into ``folder``. Raises ValueError for an impossible shape."""
    shape = shape or Shape()
    rng = np.random.default_rng(shape.seed)
    movie_ids = np.cumsum(rng.integers(1, 36, shape.movies))
    groups = rng.integers(0, GROUPS, shape.movies)
    popularity = 10**9 // (rng.permutation(shape.movies) + 25)

    _write(folder, "movies", _movies(rng, movie_ids, groups))
    _write(folder, "links", _links(rng, movie_ids, shape))
    users, movies = _who_saw_what(rng, shape, groups, popularity)
    stars = _stars(rng, shape, users, movies, popularity)
    times = _times(rng, users)
    order = np.lexsort((movies, users))
    rows = [
        (str(user + 1), str(movie), f"{half // 2}.{half % 2 * 5}", str(time))
        for user, movie, half, time in zip(
            users[order].tolist(),
            movie_ids[movies[order]].tolist(),
            stars[order].tolist(),
            times[order].tolist(),
            strict=True,
        )
    ]
    # As in the workshop: the first users are streamed, the last of them is in both files.
    _write(folder, "ratings-partial-load", rows[: shape.streamed])
    _write(folder, "ratings", rows[shape.streamed :])
    _write(folder, "tags", _tags(rng, shape, rows))


def _write(folder: Path, name: str, rows: Sequence[tuple[str, ...]]) -> None:
    (folder / f"{name}.csv").write_bytes(table_csv(name, rows))


def _movies(rng: np.random.Generator, ids: Ints, groups: Ints) -> list[tuple[str, ...]]:
    """Titles in MovieLens' manner ("River, The (1994)"); a group shares its first genre."""
    pairs = rng.permutation(len(ADJECTIVES) * len(NOUNS))[: len(ids)].tolist()
    years = rng.integers(0, 61, (2, len(ids))).max(axis=0) + 1956
    forms = rng.integers(0, 100, len(ids)).tolist()
    others = rng.integers(0, len(GENRES), (len(ids), 2)).tolist()
    extra = rng.integers(0, 3, len(ids)).tolist()
    rows: list[tuple[str, ...]] = []
    for index, (movie, pair, form) in enumerate(zip(ids.tolist(), pairs, forms, strict=True)):
        adjective, noun = ADJECTIVES[pair % len(ADJECTIVES)], NOUNS[pair // len(ADJECTIVES)]
        listed = genre_list(index, int(groups[index]), others[index][: extra[index]])
        rows.append((str(movie), f"{title(adjective, noun, form)} ({years[index]})", listed))
    # Two different movies of one name exist in MovieLens too.
    rows[-1] = (rows[-1][0], rows[0][1], rows[-1][2])
    return rows


def _links(rng: np.random.Generator, ids: Ints, shape: Shape) -> list[tuple[str, ...]]:
    imdb = np.cumsum(rng.integers(1, 450, len(ids))).tolist()
    tmdb = rng.permutation(np.cumsum(rng.integers(1, 45, len(ids)))).tolist()
    missing = set(rng.permutation(len(ids))[: shape.links_without_tmdb].tolist())
    return [
        (str(movie), f"{imdb[index]:07d}", "" if index in missing else str(tmdb[index]))
        for index, movie in enumerate(ids.tolist())
    ]


def _activity(rng: np.random.Generator, shape: Shape) -> Ints:
    """Ratings per user: a long tail from 20 to a third of the movies, summing up exactly."""
    total, most = shape.ratings + shape.streamed, shape.movies // 3
    weights = 10**6 // (rng.permutation(shape.users) + 12)
    weights += 1 - weights.min()  # the laziest have just the minimum
    spare = total - MIN_RATINGS * shape.users
    counts: Ints = np.minimum(MIN_RATINGS + spare * weights // weights.sum(), most)
    while left := total - int(counts.sum()):
        open_users = np.flatnonzero(counts < most)[:left]
        counts[open_users] += 1
    return counts


def _who_saw_what(
    rng: np.random.Generator, shape: Shape, groups: Ints, popularity: Ints
) -> tuple[Ints, Ints]:
    """Pairs (user index, movie index), a user's in the order of watching.

    A user picks a taste group by the user's weights, then a movie of it by popularity.
    """
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(popularity[order])
    first = np.searchsorted(groups[order], np.arange(GROUPS))
    last = np.searchsorted(groups[order], np.arange(GROUPS), side="right")
    low = np.concatenate(([0], ends))[first]
    high = np.concatenate(([0], ends))[last]
    counts = _activity(rng, shape)
    users, movies = [], []
    for user, count in enumerate(counts.tolist()):
        weights = np.ones(GROUPS, dtype=np.int64)
        weights[rng.permutation(GROUPS)[:3]] = (40, 25, 15)
        weights[high == low] = 0
        bounds = np.cumsum(weights)
        seen = np.empty(0, dtype=np.int64)
        while len(seen) < count:
            tastes = np.searchsorted(
                bounds, rng.integers(0, bounds[-1], 2 * count + 64), side="right"
            )
            drawn = rng.integers(low[tastes], high[tastes])
            seen = np.concatenate((seen, order[np.searchsorted(ends, drawn, side="right")]))
            seen = seen[np.sort(np.unique(seen, return_index=True)[1])]
        users.append(np.full(count, user, dtype=np.int64))
        movies.append(seen[:count])
    return np.concatenate(users), np.concatenate(movies)


def _stars(
    rng: np.random.Generator, shape: Shape, users: Ints, movies: Ints, popularity: Ints
) -> Ints:
    """Half stars 1 to 10: the movie's quality, the user's mildness and chance, in sixths."""
    # Known movies are better liked: half a star between the first and the last.
    rank = np.argsort(np.argsort(-popularity, kind="stable"), kind="stable")
    quality = rng.integers(-10, 11, shape.movies) - 6 * rank // shape.movies + 3
    mildness = rng.integers(-6, 7, shape.users)
    chance = rng.integers(-11, 12, (2, len(users))).sum(axis=0)
    halves = (42 + quality[movies] + mildness[users] + chance) // 6
    # A third of the people give whole stars only.
    whole = (rng.integers(0, 3, shape.users) == 0)[users]
    return np.clip(np.where(whole, (halves + 1) // 2 * 2, halves), 1, 10)


def _times(rng: np.random.Generator, users: Ints) -> Ints:
    """Seconds since 1970: people arrive over the years and rate in sessions of some minutes."""
    steps = rng.integers(3, 90, len(users))
    # About one step in sixty begins a new session, days to months later.
    pause = rng.integers(0, 60, len(users)) == 0
    steps += pause * rng.integers(86_400, 86_400 * 60, len(users))
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    arrival = rng.integers(START, END - (END - START) // 4, len(starts))
    since = np.cumsum(steps)
    offset = np.repeat(since[starts], np.diff(starts, append=len(users)))
    arrived = np.repeat(arrival, np.diff(starts, append=len(users)))
    return np.asarray(arrived + since - offset)


def _tags(
    rng: np.random.Generator, shape: Shape, rows: list[tuple[str, str, str, str]]
) -> list[tuple[str, ...]]:
    """Some people tag some of what they rated, a minute after rating it."""
    picked = np.sort(rng.permutation(len(rows))[: shape.tags]).tolist()
    words = rng.integers(0, len(TAG_WORDS), len(picked)).tolist()
    return [
        (rows[row][0], rows[row][1], TAG_WORDS[word], str(int(rows[row][3]) + 60))
        for row, word in zip(picked, words, strict=True)
    ]
