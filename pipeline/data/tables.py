"""The MovieLens tables: their columns, and what makes a row valid."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Set
from dataclasses import dataclass

__all__ = ["FILES", "LINKS", "MOVIES", "RATINGS", "TAGS", "Limits", "Table"]

# The key of a movie or user is an INT in MovieLens' own code and in the recommender's matrices.
MAX_ID = 2**31 - 1
# 10^11 seconds is the year 5138; a time-stamp as large as that counts milliseconds.
FIRST_MILLISECONDS = 10**11

_WHOLE = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_IMDB = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True)
class Limits:
    """What a row is checked against: the movies known (None: not checked), the latest time."""

    movies: Set[int] | None
    latest: int


@dataclass(frozen=True)
class Table:
    """A table's columns and rules.

    ``check`` gets the fields of a row that has the right number of columns and gives the reason
    to reject it, or None. ``key`` gives the key of a valid row.
    """

    name: str
    columns: tuple[str, ...]
    check: Callable[[list[str], Limits], str | None]
    key: Callable[[list[str]], Hashable]

    @property
    def header(self) -> str:
        return ",".join(self.columns)


def _bad_id(name: str, text: str) -> str | None:
    if not _WHOLE.fullmatch(text):
        return f'{name} "{text}" is not a whole number'
    if text.startswith("-") or text.strip("0") == "":
        return f"{name} {text} is not positive"
    if text.startswith("0"):
        return f"{name} {text} has leading zeros"
    if len(text) > 10 or int(text) > MAX_ID:
        return f"{name} {text} is larger than {MAX_ID}"
    return None


def _bad_movie(text: str, limits: Limits) -> str | None:
    bad = _bad_id("movieId", text)
    if bad is None and limits.movies is not None and int(text) not in limits.movies:
        return f"movieId {text} is not among the valid rows of movies.csv"
    return bad


def _bad_rating(text: str) -> str | None:
    if not _DECIMAL.fullmatch(text):
        return f'rating "{text}" is not a number'
    if len(text) > 20 or not 0.5 <= float(text) <= 5.0:
        return f"rating {text} is outside 0.5 to 5.0"
    if not (float(text) * 2).is_integer():
        return f"rating {text} is not a half star"
    return None


def _bad_time(text: str, limits: Limits) -> str | None:
    if not _WHOLE.fullmatch(text):
        return f'timestamp "{text}" is not a whole number'
    if text.startswith("-") or text.strip("0") == "":
        return f"timestamp {text} is not after 1970"
    if text.startswith("0"):
        return f"timestamp {text} has leading zeros"
    if len(text) > 11 or int(text) >= FIRST_MILLISECONDS:
        return f"timestamp {text} is not in seconds (milliseconds?)"
    if int(text) > limits.latest:
        return f"timestamp {text} is in the future"
    return None


def _check_rating(fields: list[str], limits: Limits) -> str | None:
    user, movie, rating, time = fields
    return (
        _bad_id("userId", user)
        or _bad_movie(movie, limits)
        or _bad_rating(rating)
        or _bad_time(time, limits)
    )


def _check_tag(fields: list[str], limits: Limits) -> str | None:
    user, movie, tag, time = fields
    return (
        _bad_id("userId", user)
        or _bad_movie(movie, limits)
        or (None if tag.strip() else "tag is empty")
        or _bad_time(time, limits)
    )


def _check_movie(fields: list[str], limits: Limits) -> str | None:
    movie, title, genres = fields
    return (
        _bad_movie(movie, limits)
        or (None if title.strip() else "title is empty")
        or (None if genres.strip() else "genres is empty")
    )


def _check_link(fields: list[str], limits: Limits) -> str | None:
    movie, imdb, tmdb = fields
    return (
        _bad_movie(movie, limits)
        or (None if _IMDB.fullmatch(imdb) else f'imdbId "{imdb}" is not a number')
        or (None if tmdb == "" else _bad_id("tmdbId", tmdb))
    )


RATINGS = Table(
    "ratings",
    ("userId", "movieId", "rating", "timestamp"),
    _check_rating,
    lambda fields: (int(fields[0]), int(fields[1])),
)
MOVIES = Table("movies", ("movieId", "title", "genres"), _check_movie, lambda f: int(f[0]))
LINKS = Table("links", ("movieId", "imdbId", "tmdbId"), _check_link, lambda f: int(f[0]))
TAGS = Table(
    "tags",
    ("userId", "movieId", "tag", "timestamp"),
    _check_tag,
    lambda fields: (int(fields[0]), int(fields[1]), fields[2]),
)

#: Every file of the data set and its table, in the order they are checked: movies come first,
#: because the others may only name movies that exist.
FILES: dict[str, Table] = {
    "movies": MOVIES,
    "links": LINKS,
    "ratings": RATINGS,
    "ratings-partial-load": RATINGS,
    "tags": TAGS,
}
