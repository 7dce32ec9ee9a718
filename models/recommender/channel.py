"""The training channel: CSV files to checked, sorted, numbered ratings.

<channel>/rating/*.csv   userid,movieid,rating,timestamp (no file may have it, or all)
<channel>/movies/*.csv   movieid,title,genres
<channel>/links/*.csv    movieid,imdbid,tmdbid (optional, only checked for readability)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.errors import DataError
from recommender.ratings import Ratings

RATING_COLUMNS = ("userid", "movieid", "rating", "timestamp")
MOVIE_COLUMNS = ("movieid", "title", "genres")
LINK_COLUMNS = ("movieid", "imdbid", "tmdbid")

_Check = Callable[[pd.DataFrame, str], pd.DataFrame]


@dataclass(frozen=True)
class TrainingData:
    """What the channel held: ratings, titles by movie id, and what was set right on the way."""

    ratings: Ratings
    titles: dict[int, str]
    replaced: int
    """Rows dropped because the same user rated the same movie later."""
    untitled: int
    """Rated movies that the movies files do not name."""
    timed: bool
    """Whether the files have times; without them all ratings count as equally old."""


def number(frame: pd.DataFrame) -> tuple[Ratings, int]:
    """Sort, de-duplicate (the latest rating of a movie wins) and number checked rating rows.

    Returns the ratings and how many duplicates were dropped; of duplicates of equal time the one
    with most stars stays. The result does not depend on the order of the rows.
    """
    frame = frame.sort_values(["userid", "timestamp", "movieid", "rating"], kind="stable")
    kept = frame.drop_duplicates(["userid", "movieid"], keep="last")
    user_ids, user = np.unique(kept["userid"].to_numpy(np.int64), return_inverse=True)
    movie_ids, item = np.unique(kept["movieid"].to_numpy(np.int64), return_inverse=True)
    ratings = Ratings(
        user_ids,
        movie_ids,
        user.astype(np.int32),
        item.astype(np.int32),
        kept["rating"].to_numpy(np.float32),
        kept["timestamp"].to_numpy(np.int64),
    )
    return ratings, len(frame) - len(kept)


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
    titles = dict(
        zip(movies["movieid"].astype("int64").tolist(), movies["title"].tolist(), strict=True)
    )
    untitled = sum(1 for movie in ratings.movie_ids.tolist() if movie not in titles)
    return TrainingData(ratings, titles, replaced, untitled, timed)


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
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise DataError(f"{folder}/{file.name} is not readable CSV: {error}") from None
        frame.columns = [str(name).strip().lower() for name in frame.columns]
        missing = [name for name in columns if name not in frame.columns and name != optional]
        if missing:
            raise DataError(
                f"{folder}/{file.name} has the columns {', '.join(frame.columns)};"
                f" missing: {', '.join(missing)}"
            )
        present = [name for name in columns if name in frame.columns]
        if frames and len(present) != width:
            raise DataError(
                f"{folder}/{file.name} has the columns {', '.join(present)}, but the files before"
                f" it differ; valid: {optional} in all files or in none"
            )
        width = len(present)
        frames.append(check(frame.loc[:, present], f"{folder}/{file.name}"))
    rows = sum(len(frame) for frame in frames)
    if not rows:
        raise DataError(
            f"no rows in {channel / folder}/*.csv ({len(files)} files);"
            f" expected CSV with the header {','.join(columns)}"
        )
    return pd.concat(frames, ignore_index=True)


def _check_ratings(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    checked = pd.DataFrame({name: _whole(frame, name, file) for name in ("userid", "movieid")})
    rating = pd.to_numeric(frame["rating"], errors="coerce")
    off_scale = ~(rating.between(0.5, 5.0) & ((rating * 2) % 1 == 0))
    _refuse(off_scale, frame["rating"], file, "rating", "0.5 to 5.0 in half steps")
    checked["rating"] = rating
    if "timestamp" in frame:
        checked["timestamp"] = _whole(frame, "timestamp", file)
    return checked


def _check_movie_ids(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    return frame.assign(movieid=_whole(frame, "movieid", file))


def _whole(frame: pd.DataFrame, name: str, file: str) -> pd.Series[int]:
    """A column of whole numbers in 0 … 2^53; anything else is a DataError."""
    values = pd.to_numeric(frame[name], errors="coerce")
    bad = ~(values.between(0, 2**53) & (values % 1 == 0))
    _refuse(bad, frame[name], file, name, "a whole number from 0")
    return values.astype("int64")


def _refuse(bad: pd.Series[bool], raw: pd.Series[str], file: str, name: str, valid: str) -> None:
    if bad.any():
        first = int(np.argmax(bad.to_numpy()))
        raise DataError(
            f"{file}, row {first + 1} after the header: {name}={raw.iloc[first]!r}; valid: {valid}"
            f" ({int(bad.sum())} bad rows in this file)"
        )
