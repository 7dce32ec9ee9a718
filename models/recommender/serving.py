"""Queries to answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.artifact import Artifact
from recommender.behaviour import diverse
from recommender.catalogue import Catalogue
from recommender.popularity import rating_counts
from recommender.ranking import top_k
from recommender.requests import Query
from recommender.wishes import Wishes

UNKNOWN_USER = "unknown user: popular movies"
_QUERIES_AT_ONCE = 256  # bounds the dense score block
_LIKED_HALF_STARS = 7  # 3.5 stars: MovieLens' ratings have their mean there
_REASONS = 3
_CANDIDATES = 5  # for each place of a diverse list
_MOST_CANDIDATES = 300


@dataclass(frozen=True)
class _History:
    """What is known of a query's taste: columns (movies,), twice the stars (0: not known)."""

    columns: NDArray[np.int64]
    half_stars: NDArray[np.int64]


class Recommender:
    """An artifact, ready to answer. Thread-safe: nothing changes after construction."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self._row = {user: row for row, user in enumerate(artifact.user_ids.tolist())}
        self._catalogue = Catalogue(artifact)
        movies: list[int] = artifact.movie_ids.tolist()
        self._column = {movie: column for column, movie in enumerate(movies)}
        self._popular = rating_counts(artifact.seen)
        # One answer now, so that the first request does not pay for lazy set-up.
        self.answer([Query(None, 1, {movies[0]: 5.0})])

    def answer(self, queries: Sequence[Query]) -> list[dict[str, Any]]:
        """One prediction per query, in order; `score` is comparable within a list only.

        Raises:
            RequestError: a query asks for a genre that the model does not know
        """
        found: list[dict[str, Any]] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            found.extend(self._block(queries[start : start + _QUERIES_AT_ONCE]))
        return found

    def _block(self, queries: Sequence[Query]) -> list[dict[str, Any]]:
        taste = [i for i, q in enumerate(queries) if q.wishes.similar_to is None]
        known = [i for i in taste if queries[i].rated is None and queries[i].user_id in self._row]
        folded = [i for i in taste if self._columns(queries[i].rated or {})]
        scores: dict[int, NDArray[np.float32]] = {}
        if known:
            rows = np.array([self._row[queries[i].user_id or 0] for i in known])
            scores.update(zip(known, self.artifact.model.scores(rows), strict=True))
        if folded:
            matrix = self._confidence([queries[i].rated or {} for i in folded])
            scores.update(zip(folded, self.artifact.model.fold_in(matrix), strict=True))
        return [
            self._prediction(query, scores.get(i))
            if query.wishes.similar_to is None
            else self._similar(query, query.wishes.similar_to)
            for i, query in enumerate(queries)
        ]

    def _rated(self, row: int | None) -> NDArray[np.int64]:
        """Columns of the movies that the user of that row has rated."""
        if row is None:
            return np.zeros(0, np.int64)
        seen = self.artifact.seen
        found: NDArray[np.int64] = seen.indices[seen.indptr[row] : seen.indptr[row + 1]]
        return found.astype(np.int64)

    def _columns(self, rated: dict[int, float]) -> list[int]:
        return [self._column[movie] for movie in rated if movie in self._column]

    def _confidence(self, rated: Sequence[dict[int, float]]) -> sparse.csr_matrix:
        """Rows of confidences for given ratings, whose order in time is not known."""
        columns = [self._columns(movies) for movies in rated]
        stars = [
            [stars for movie, stars in movies.items() if movie in self._column] for movies in rated
        ]
        values = self.artifact.weighting.undated(np.array([s for row in stars for s in row]))
        indptr = np.concatenate([[0], np.cumsum([len(row) for row in columns])])
        indices = np.array([column for row in columns for column in row], dtype=np.int32)
        shape = (len(rated), len(self._column))
        return sparse.csr_matrix((values, indices, indptr), shape=shape)

    def _prediction(self, query: Query, scores: NDArray[np.float32] | None) -> dict[str, Any]:
        wishes = query.wishes
        row = None if query.user_id is None else self._row.get(query.user_id)
        before = self._rated(row)
        given = self._columns(query.rated or {})
        reason = self._reason(query, row is not None, len(before), len(given))
        personal = scores is not None
        allowed = (self._popular if scores is None else scores).copy()
        passing = self._catalogue.passing(wishes)
        _limit(allowed, wishes.seen, np.append(before, given).astype(np.int64), passing)
        history = self._history(query, row) if wishes.explain or wishes.unrated else None
        extra: list[dict[str, Any]] = []
        if wishes.unrated and history is not None:
            extra, note = self._unrated(query, history, passing)
            reason += note
        listed = self._listed(allowed, wishes, query.k - len(extra))
        entries = [self._entry(column, float(allowed[column])) for column in listed.tolist()]
        if wishes.explain and history is not None:
            self._explain(entries, listed, history if personal else None)
        short = query.k - len(extra) - len(entries)
        if passing is not None and short > 0:
            reason += f"; {len(entries)} movies pass the filters"
        return {
            "user_id": query.user_id,
            "reason": reason,
            "recommendations": entries + extra,
        }

    def _similar(self, query: Query, movie_id: int) -> dict[str, Any]:
        """Movies like one; by genre when the model knows nothing of it, popular ones else."""
        wishes, column = query.wishes, self._catalogue.column.get(movie_id)
        passing = self._catalogue.passing(wishes)
        scores = np.zeros(self._catalogue.rated, np.float32)
        if column is None:
            reason, scores = f"unknown movie {movie_id}: popular movies", self._popular.copy()
        else:
            title = self._catalogue.movies[column].title
            reason = f"similar to {title}"
            if column < self._catalogue.rated:
                near = self.artifact.model.similarity(np.array([column]), len(scores))
                scores = near[0].copy()
            if not (scores > 0).any():
                scores = self._catalogue.like_by_genre(column)[: len(scores)].copy()
                why = (
                    f"{self.artifact.model.name} knows no similar movies"
                    if column < self._catalogue.rated
                    else "nobody rated it"
                )
                reason += f" by genre: {why}"
            scores[scores <= 0] = -np.inf
            if column < len(scores):
                scores[column] = -np.inf
        row = None if query.user_id is None else self._row.get(query.user_id)
        _limit(scores, wishes.seen if row is not None else "include", self._rated(row), passing)
        listed = self._listed(scores, wishes, query.k)
        return {
            "user_id": query.user_id,
            "reason": reason,
            "recommendations": [self._entry(c, float(scores[c])) for c in listed.tolist()],
        }

    def _listed(self, scores: NDArray[np.float32], wishes: Wishes, k: int) -> NDArray[np.int64]:
        """Columns of the list, best first; unlike ones first when that is wished for."""
        if k <= 0:
            return np.zeros(0, np.int64)
        if not wishes.diversity:
            return top_k(scores, k)
        candidates = top_k(scores, max(k, min(_CANDIDATES * k, _MOST_CANDIDATES)))
        pool, rest = candidates[:_MOST_CANDIDATES], candidates[_MOST_CANDIDATES:]
        alike = self.artifact.model.similarity(pool, len(scores))[:, pool]
        if not (alike > 0).any():
            matrix = self._catalogue.genres.matrix[pool]
            alike = matrix @ matrix.T
            np.fill_diagonal(alike, 0.0)
        chosen = diverse(pool, scores, alike, wishes.diversity, k)
        return np.concatenate([chosen, rest])[:k]

    def _entry(self, column: int, score: float) -> dict[str, Any]:
        movie = self._catalogue.movies[column]
        return {"movie_id": movie.movie_id, "title": movie.title, "score": round(score, 6)}

    def _history(self, query: Query, row: int | None) -> _History:
        """Given movies when there are any, else the user's."""
        if query.rated is not None or row is None:
            rated = query.rated or {}
            columns = np.array(self._columns(rated), np.int64)
            stars = [round(2 * rated[movie]) for movie in rated if movie in self._column]
            return _History(columns, np.array(stars, np.int64))
        columns, stars_of = self._rated(row), self.artifact.stars
        if stars_of is None:
            return _History(columns, np.zeros(len(columns), np.int64))
        indptr = self.artifact.seen.indptr
        return _History(columns, stars_of[indptr[row] : indptr[row + 1]].astype(np.int64))

    def _explain(
        self, entries: list[dict[str, Any]], listed: NDArray[np.int64], history: _History | None
    ) -> None:
        """Put into each entry, as `because`, the liked movies that add most to its score."""
        for entry in entries:
            entry["because"] = []
        if history is None or not len(history.columns) or not entries:
            return
        stars = np.where(history.half_stars > 0, history.half_stars / 2.0, 4.0)
        values = self.artifact.weighting.undated(stars)
        shape = (1, len(self._column))
        ends = np.array([0, len(values)])
        matrix = sparse.csr_matrix((values, history.columns, ends), shape=shape)
        shares = self.artifact.model.contributions(matrix, listed)
        liked = (history.half_stars >= _LIKED_HALF_STARS) | (history.half_stars == 0)
        for entry, row, column in zip(entries, shares, listed.tolist(), strict=True):
            order = np.argsort(-row, kind="stable")
            useful = (row > 0) & liked & (history.columns != column)
            best = [i for i in order.tolist() if useful[i]]
            for i in best[:_REASONS]:
                movie = self._catalogue.movies[int(history.columns[i])]
                entry["because"].append({"movie_id": movie.movie_id, "title": movie.title})

    def _unrated(
        self, query: Query, history: _History, passing: NDArray[np.bool_] | None
    ) -> tuple[list[dict[str, Any]], str]:
        """Movies that nobody rated, by the genres of the history or of all ratings."""
        wanted = min(query.wishes.unrated, query.k)
        columns, stars = history.columns, history.half_stars
        whose = "liked"
        if not len(columns):
            columns = np.arange(self._catalogue.rated)
            stars = self._popular.astype(np.int64)
            whose = "rated most"
        profile = self._catalogue.profile(columns, stars)
        found = self._catalogue.unrated_for(profile, passing, wanted)
        names = ", ".join(self._catalogue.best_genres(profile)) or "none known"
        entries = [{**self._entry(column, score), "by": "genre"} for column, score in found]
        return entries, f"; {len(entries)} movies nobody rated, by the genres {whose}: {names}"

    @staticmethod
    def _reason(query: Query, known: bool, rated_before: int, given: int) -> str:
        if query.rated is None:
            return f"rated {rated_before} movies" if known else UNKNOWN_USER
        unknown = len(query.rated) - given
        if not given:
            return f"none of the {unknown} movies given is known: popular movies"
        left_out = f" ({unknown} unknown movies left out)" if unknown else ""
        return f"folded in from {given} movies given{left_out}"


def _limit(
    scores: NDArray[np.float32],
    seen: str,
    before: NDArray[np.int64],
    passing: NDArray[np.bool_] | None,
) -> None:
    """Set the scores of what may not be listed to -inf, in place.

    Args:
        seen: what `Wishes.seen` says of the columns `before`
        passing: which movies the filters let pass
    """
    if passing is not None:
        scores[~passing[: len(scores)]] = -np.inf
    if seen == "exclude":
        scores[before] = -np.inf
    elif seen == "only":
        others = np.ones(len(scores), bool)
        others[before] = False
        scores[others] = -np.inf
