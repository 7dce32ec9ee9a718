"""The training channel: CSV files to checked, sorted, numbered ratings.

<channel>/rating/*.csv   userid,movieid,rating,timestamp (no file may have it, or all)
<channel>/movies/*.csv   movieid,title,genres
<channel>/links/*.csv    movieid,imdbid,tmdbid (optional, only checked for readability)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.errors import DataError
from recommender.movies import Movie, parse_genres
from recommender.ratings import Ratings

RATING_COLUMNS = ("userid", "movieid", "rating", "timestamp")
MOVIE_COLUMNS = ("movieid", "title", "genres")
LINK_COLUMNS = ("movieid", "imdbid", "tmdbid")

LARGEST = 2**53 - 1
"""Of an id or a time: beyond it numbers of JSON and of floating point are not told apart (RFC 8259,
"Numbers")."""
_ROWS_AT_ONCE = 200_000
"""Rows that are text at a time: as text a row takes some 250 bytes, as numbers 28."""

_Check = Callable[[pd.DataFrame, str], pd.DataFrame]


@dataclass(frozen=True)
class TrainingData:
    """What the channel held: ratings, movies by id, and what was set right on the way."""

    ratings: Ratings
    movies: dict[int, Movie]
    replaced: int
    """Rows dropped because the same user rated the same movie later."""
    untitled: int
    """Rated movies that the movies files do not name."""
    timed: bool
    """Whether the files have times; without them all ratings count as equally old."""

    @property
    def titles(self) -> dict[int, str]:
        """Titles by movie id."""
        return {movie.movie_id: movie.title for movie in self.movies.values()}

    def notes(self) -> list[str]:
        """What of the ratings says less than usual, for the log."""
        found = []
        if self.ratings.shape[0] == 1:
            found.append("one user: intervals over users say nothing")
        if (self.ratings.rating == self.ratings.rating[0]).all():
            found.append("all ratings have the same stars: rating_power has no effect")
        return found

    def movie(self, movie_id: int) -> Movie:
        """A movie; one that the movies files do not name gets a title of its id."""
        return self.movies.get(movie_id, Movie(movie_id, f"movie {movie_id}"))

    def rated_movies(self) -> list[Movie]:
        """The movies in the order of the ratings' numbering."""
        return [self.movie(movie) for movie in self.ratings.movie_ids.tolist()]

    def unrated_movies(self) -> list[Movie]:
        """Movies that nobody rated, by id."""
        rated = set(self.ratings.movie_ids.tolist())
        return [self.movies[movie] for movie in sorted(self.movies) if movie not in rated]


def number(frame: pd.DataFrame) -> tuple[Ratings, int]:
    """Sort, de-duplicate (the latest rating of a movie wins) and number checked rating rows.

    Returns the ratings and how many duplicates were dropped; of duplicates of equal time the one
    with most stars stays. The result does not depend on the order of the rows.
    """
    user_ids, user = _numbered(frame["userid"])
    movie_ids, item = _numbered(frame["movieid"])
    rating = frame["rating"].to_numpy(np.float32)
    time = frame["timestamp"].to_numpy(np.int64)
    order = np.lexsort((rating, time, item, user))
    user, item = user[order], item[order]
    newest = np.ones(len(order), bool)  # the last one of each user and movie
    newest[:-1] = (user[1:] != user[:-1]) | (item[1:] != item[:-1])
    order = order[newest]
    user, item = user[newest], item[newest]
    again = np.lexsort((item, time[order], user))
    order = order[again]
    ratings = Ratings(user_ids, movie_ids, user[again], item[again], rating[order], time[order])
    return ratings, len(newest) - len(order)


def number_again(ratings: Ratings, keep: NDArray[np.bool_]) -> Ratings:
    """The rows where `keep` holds, their users and movies numbered as if there were no others.

    Raises:
        DataError: no row is kept
    """
    rows = ratings.rows(keep)
    if not len(rows):
        raise DataError("no rows are left of the ratings")
    users, user = np.unique(rows.user, return_inverse=True)
    items, item = np.unique(rows.item, return_inverse=True)
    ids = ratings.user_ids[users], ratings.movie_ids[items]
    numbers = user.astype(np.int32), item.astype(np.int32)
    return Ratings(*ids, *numbers, rows.rating, rows.time)


def _numbered(ids: pd.Series[int]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The distinct ids, ascending, and each row's position among them."""
    codes, found = pd.factorize(ids, sort=True)
    return np.asarray(found, np.int64), codes.astype(np.int32)


def read_channel(channel: Path) -> TrainingData:
    """Read and check the whole channel; raises DataError naming file, line and value."""
    if not channel.is_dir():
        raise DataError(f"the training channel {channel} is not a folder; set SM_CHANNEL_TRAIN")
    rows = _read(channel, "rating", RATING_COLUMNS, _check_ratings, optional="timestamp")
    timed = "timestamp" in rows
    ratings, replaced = number(rows if timed else rows.assign(timestamp=0))
    movies = _read(channel, "movies", MOVIE_COLUMNS, _check_movie_ids)
    if (channel / "links").is_dir():
        _read(channel, "links", LINK_COLUMNS, _check_movie_ids)
    columns = (movies[name].tolist() for name in MOVIE_COLUMNS)
    found = {
        int(movie): Movie(int(movie), title, parse_genres(genres))
        for movie, title, genres in zip(*columns, strict=True)
    }
    untitled = sum(1 for movie in ratings.movie_ids.tolist() if movie not in found)
    return TrainingData(ratings, found, replaced, untitled, timed)


def _read(
    channel: Path, folder: str, columns: tuple[str, ...], check: _Check, optional: str = ""
) -> pd.DataFrame:
    """All rows of a folder's files; a column that is `optional` is in all of them or in none."""
    files = sorted((channel / folder).glob("*.csv"))
    frames: list[pd.DataFrame] = []
    width = 0
    for file in files:
        if file.stat().st_size == 0:  # Spark writes empty parts for empty partitions
            continue
        # Numbers are read as text and converted below, so that a bad one is named, not guessed.
        try:
            for frame in _chunks(file):
                present = _present(frame, f"{folder}/{file.name}", columns, optional)
                if frames and len(present) != width:
                    raise DataError(
                        f"{folder}/{file.name} has the columns {', '.join(present)}, but the files"
                        f" before it differ; valid: {optional} in all files or in none"
                    )
                width = len(present)
                frames.append(check(frame.loc[:, present], f"{folder}/{file.name}"))
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise DataError(f"{folder}/{file.name} is not readable CSV: {error}") from None
    rows = sum(len(frame) for frame in frames)
    if not rows:
        raise DataError(
            f"no rows in {channel / folder}/*.csv ({len(files)} files);"
            f" expected CSV with the header {','.join(columns)}"
        )
    return pd.concat(frames, ignore_index=True)


def _chunks(file: Path) -> Iterator[pd.DataFrame]:
    """Rows of a file as text; the index counts the rows after the header from 0."""
    with pd.read_csv(
        file, dtype=str, keep_default_na=False, encoding="utf-8-sig", chunksize=_ROWS_AT_ONCE
    ) as chunks:
        yield from chunks


def _present(frame: pd.DataFrame, file: str, columns: tuple[str, ...], optional: str) -> list[str]:
    """Spell the columns' names as here, and return which of `columns` there are."""
    frame.columns = [str(name).strip().lower() for name in frame.columns]
    missing = [name for name in columns if name not in frame.columns and name != optional]
    if missing:
        raise DataError(
            f"{file} has the columns {', '.join(frame.columns)}; missing: {', '.join(missing)}"
        )
    return [name for name in columns if name in frame.columns]


def _check_ratings(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    checked = pd.DataFrame({name: _whole(frame, name, file) for name in ("userid", "movieid")})
    rating = pd.to_numeric(frame["rating"], errors="coerce")
    off_scale = ~(rating.between(0.5, 5.0) & ((rating * 2) % 1 == 0))
    _refuse(off_scale, frame["rating"], file, "rating", "0.5 to 5.0 in half steps")
    checked["rating"] = rating.astype("float32")
    if "timestamp" in frame:
        checked["timestamp"] = _whole(frame, "timestamp", file)
    return checked


def _check_movie_ids(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    return frame.assign(movieid=_whole(frame, "movieid", file))


def _whole(frame: pd.DataFrame, name: str, file: str) -> pd.Series[int]:
    """A column of whole numbers in 0 … `LARGEST`; anything else is a DataError."""
    values = pd.to_numeric(frame[name], errors="coerce")
    bad = ~(values.between(0, LARGEST) & (values % 1 == 0))
    _refuse(bad, frame[name], file, name, f"a whole number from 0 to {LARGEST}")
    return values.astype("int64")


def _refuse(bad: pd.Series[bool], raw: pd.Series[str], file: str, name: str, valid: str) -> None:
    if bad.any():
        first = int(np.argmax(bad.to_numpy()))
        raise DataError(
            f"{file}, row {raw.index[first] + 1} after the header: {name}={raw.iloc[first]!r};"
            f" valid: {valid} ({int(bad.sum())} bad rows in this part of the file)"
        )
