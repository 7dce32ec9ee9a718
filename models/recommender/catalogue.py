"""The movies of an artifact as what may be listed: filters, likeness by genre, unrated ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.artifact import Artifact
from recommender.errors import RequestError
from recommender.movies import GenreTable, Movie, year_of
from recommender.wishes import Wishes

_LIKED = 8
"""Twice the stars that a rating counts as whose stars are not known."""
_NO_YEAR = -1


class Catalogue:
    """Rated movies by column, and behind them the movies that nobody rated.

    Attributes:
        rated: number of rated movies; column `rated` is the first unrated one
    """

    def __init__(self, artifact: Artifact) -> None:
        genres = artifact.genres or [()] * len(artifact.titles)
        ids = artifact.movie_ids.tolist()
        self.movies = [
            *(Movie(*row) for row in zip(ids, artifact.titles, genres, strict=True)),
            *artifact.unrated,
        ]
        self.rated = len(ids)
        self.column = {movie.movie_id: place for place, movie in enumerate(self.movies)}
        self.genres = GenreTable([movie.genres for movie in self.movies])
        years = (year_of(movie.title) for movie in self.movies)
        self._years = np.array([_NO_YEAR if year is None else year for year in years], np.int32)

    def passing(self, wishes: Wishes) -> NDArray[np.bool_] | None:
        """(movies,): which ones the filters let pass; None when there is no filter.

        Raises:
            RequestError: a genre that no movie of the model has
        """
        if not wishes.genres and wishes.years is None:
            return None
        passes = np.ones(len(self.movies), bool)
        if wishes.genres:
            columns = [self._genre(name) for name in wishes.genres]
            passes &= (self.genres.matrix[:, columns] > 0).any(axis=1)
        if wishes.years is not None:
            first, last = wishes.years
            passes &= (self._years >= max(first, 0)) & (self._years <= last)
        return passes

    def _genre(self, name: str) -> int:
        column = self.genres.column(name)
        if column is None:
            valid = ", ".join(self.genres.names) or "none: the model knows no genres"
            raise RequestError(f"genres has {name[:60]!r}; valid: {valid}")
        return column

    def profile(
        self, columns: NDArray[np.int64], half_stars: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """(genres,): what somebody likes, by the stars given to movies of each genre."""
        stars = np.where(half_stars > 0, half_stars, _LIKED).astype(np.float32)
        found: NDArray[np.float32] = stars @ self.genres.matrix[columns]
        return found

    def best_genres(self, profile: NDArray[np.float32], most: int = 3) -> Sequence[str]:
        """Names of the genres with most weight, best first."""
        order = np.argsort(-profile, kind="stable")[:most]
        return [self.genres.names[place] for place in order.tolist() if profile[place] > 0]

    def like_by_genre(self, column: int) -> NDArray[np.float32]:
        """(movies,): cosine of the genres with those of one movie, 0 for itself."""
        found = self.genres.likeness(self.genres.matrix[column])
        found[column] = 0.0
        return found

    def unrated_for(
        self, profile: NDArray[np.float32], passing: NDArray[np.bool_] | None, k: int
    ) -> list[tuple[int, float]]:
        """The k unrated movies whose genres fit best: (column, cosine), newest first of equals."""
        likeness = self.genres.likeness(profile)[self.rated :]
        allowed = likeness > 0
        if passing is not None:
            allowed &= passing[self.rated :]
        places = np.flatnonzero(allowed)
        order = np.lexsort((places, -self._years[self.rated :][places], -likeness[places]))[:k]
        return [(int(p) + self.rated, float(likeness[p])) for p in places[order]]
