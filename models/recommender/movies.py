"""What the movies table says of a movie: title, genres, and the year at the title's end.

MovieLens writes genres as ``Action|Comedy`` and ``(no genres listed)``, and titles as
``Toy Story (1995)`` (README of MovieLens Latest Datasets, "Movies Data File Structure").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_GENRES = "(no genres listed)"
_YEAR = re.compile(r"\((\d{4})(?:[-\u2013]\d{0,4})?\)\s*$")


@dataclass(frozen=True)
class Movie:
    """A row of the movies table.

    Attributes:
        genres: as in the table, none twice, empty when none is listed
    """

    movie_id: int
    title: str
    genres: tuple[str, ...] = ()


def parse_genres(text: str) -> tuple[str, ...]:
    """The genres of a cell of the movies table, in its order."""
    names = (name.strip() for name in text.split("|"))
    return tuple(dict.fromkeys(name for name in names if name and name != NO_GENRES))


def year_of(title: str) -> int | None:
    """The year at a title's end (the first of a range); None without one."""
    found = _YEAR.search(title)
    return int(found[1]) if found else None


class GenreTable:
    """Genres of many movies as a matrix.

    Attributes:
        names: all genres, sorted
        matrix: (movies, genres) of ones, each row scaled to length 1
    """

    def __init__(self, genres: Sequence[tuple[str, ...]]) -> None:
        self.names = tuple(sorted({name for row in genres for name in row}))
        place = {name: i for i, name in enumerate(self.names)}
        self.matrix: NDArray[np.float32] = np.zeros((len(genres), len(self.names)), np.float32)
        for row, listed in enumerate(genres):
            for name in listed:
                self.matrix[row, place[name]] = 1.0 / np.sqrt(len(listed))
        self._folded = {name.casefold(): i for i, name in enumerate(self.names)}

    def column(self, name: str) -> int | None:
        """The column of a genre, however its letters are cased; None for an unknown one."""
        return self._folded.get(name.casefold())

    def likeness(self, profile: NDArray[np.float32]) -> NDArray[np.float32]:
        """(movies,): cosine of each movie's genres and a profile (genres,); 0 without genres."""
        length = float(np.linalg.norm(profile))
        if not length:
            return np.zeros(len(self.matrix), np.float32)
        found: NDArray[np.float32] = self.matrix @ (profile / np.float32(length))
        return found
