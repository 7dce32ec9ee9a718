"""Movies by what people call them: ``Toy Story`` for ``Toy Story (1995)``."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import typer
from botocore.exceptions import ClientError

from pipeline.errors import DataError, StateLostError
from pipeline.lake import Lake, is_missing

__all__ = ["Catalogue", "stars_by_movie"]

_LEAST, _MOST = 0.5, 5.0
_MOST_NAMED: Final = 8
_YEAR: Final = re.compile(r"\s*\((\d{4})\)\s*$")
_ARTICLE: Final = re.compile(r"^(.*), (the|a|an|la|le|les|il|der|die|das|el)$", re.IGNORECASE)


def stars_by_movie(given: Sequence[str]) -> dict[str, float]:
    """Stars by title or id, as ``--rated MOVIE=STARS`` gives them.

    Raises:
        typer.BadParameter: it has not that form, or the same movie twice
    """
    found: dict[str, float] = {}
    for text in given:
        movie, equals, stars = text.rpartition("=")
        movie = movie.strip()
        try:
            value = float(stars)
        except ValueError:
            value = -1
        if not equals or not movie or not _LEAST <= value <= _MOST:
            raise typer.BadParameter(
                f'--rated is {text!r}; valid: a title or id and 0.5 to 5 stars, "Toy Story=5".'
            )
        if movie in found:
            raise typer.BadParameter(f"--rated names {movie!r} twice.")
        found[movie] = value
    return found


@dataclass(frozen=True)
class Catalogue:
    """The movies of a lake: titles by id."""

    titles: Mapping[int, str]

    @classmethod
    def of(cls, lake: Lake) -> Catalogue:
        """The movies that the lake was filled with.

        Raises:
            StateLostError: it was not
        """
        key = lake.settings.data_key("movies")
        try:
            with lake.text(key) as file:
                rows = csv.DictReader(file)
                return cls({int(row["movieId"]): row["title"] for row in rows})
        except ClientError as error:
            if not is_missing(error):
                raise
            raise StateLostError(
                f"There are no movies to search: s3://{lake.bucket}/{key} is not there.",
                "Make the lake with: lake run",
            ) from error

    def found(self, stars: Mapping[str, float]) -> dict[int, float]:
        """Stars by id.

        Args:
            stars: by title or id

        Raises:
            DataError: a movie is not there, or a title is that of several
        """
        return {self.id_of(movie): value for movie, value in stars.items()}

    def id_of(self, movie: str) -> int:
        """The id of the one movie that is called so.

        The whole title wins over the title without its year, and that over a part of the title.

        Raises:
            DataError: there is none, or there are several
        """
        if movie.isascii() and movie.isdecimal() and int(movie) in self.titles:
            return int(movie)
        wanted = _plain(movie)
        for fits in (
            lambda title: _plain(title) == wanted,
            lambda title: _plain(_YEAR.sub("", title)) == wanted,
            lambda title: wanted in _plain(title if _YEAR.search(wanted) else _YEAR.sub("", title)),
        ):
            ids = [number for number, title in self.titles.items() if fits(title)]
            if len(ids) == 1:
                return ids[0]
            if ids:
                raise DataError(f"{movie!r} is the title of {len(ids)} movies.", self._named(ids))
        names: dict[str, int] = {}
        for number, title in self.titles.items():
            names.setdefault(_plain(_YEAR.sub("", title)), number)
        near = get_close_matches(wanted, names, 3, 0.5)
        hint = self._named([names[name] for name in near]) if near else "Look up ids in movies.csv"
        raise DataError(f"There is no movie {movie!r} in the lake.", hint)

    def _named(self, ids: Sequence[int]) -> str:
        shown = [f"{number} = {self.titles[number]}" for number in ids[:_MOST_NAMED]]
        more = f"; and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
        return f"Name one by its id: {'; '.join(shown)}{more}"


def _plain(title: str) -> str:
    """A title for comparison: "Matrix, The (1999)" is "the matrix (1999)"."""
    text = " ".join(title.casefold().split())
    year = _YEAR.search(text)
    bare = _YEAR.sub("", text)
    if moved := _ARTICLE.match(bare):
        bare = f"{moved[2]} {moved[1]}"
    return f"{bare} ({year[1]})" if year else bare
