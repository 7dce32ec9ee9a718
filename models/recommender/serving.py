"""Queries to answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.artifact import Artifact
from recommender.popularity import rating_counts
from recommender.ranking import top_k
from recommender.requests import Query

UNKNOWN_USER = "unknown user: popular movies"
_QUERIES_AT_ONCE = 256  # bounds the dense score block


class Recommender:
    """An artifact, ready to answer. Thread-safe: nothing changes after construction."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self._row = {user: row for row, user in enumerate(artifact.user_ids.tolist())}
        self._column = {movie: column for column, movie in enumerate(artifact.movie_ids.tolist())}
        self._movies: list[int] = artifact.movie_ids.tolist()
        self._popular = rating_counts(artifact.seen)
        # One answer now, so that the first request does not pay for lazy set-up.
        self.answer([Query(None, 1, {self._movies[0]: 5.0})])

    def answer(self, queries: Sequence[Query]) -> list[dict[str, Any]]:
        """One prediction per query, in order; `score` is comparable within a list only."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            found.extend(self._block(queries[start : start + _QUERIES_AT_ONCE]))
        return found

    def _block(self, queries: Sequence[Query]) -> list[dict[str, Any]]:
        known = [i for i, q in enumerate(queries) if q.rated is None and q.user_id in self._row]
        folded = [i for i, q in enumerate(queries) if q.rated and self._columns(q.rated)]
        scores: dict[int, NDArray[np.float32]] = {}
        if known:
            rows = np.array([self._row[queries[i].user_id or 0] for i in known])
            scores.update(zip(known, self.artifact.model.scores(rows), strict=True))
        if folded:
            matrix = self._confidence([queries[i].rated or {} for i in folded])
            scores.update(zip(folded, self.artifact.model.fold_in(matrix), strict=True))
        return [
            self._prediction(query, scores.get(i, self._popular)) for i, query in enumerate(queries)
        ]

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
        shape = (len(rated), len(self._movies))
        return sparse.csr_matrix((values, indices, indptr), shape=shape)

    def _prediction(self, query: Query, scores: NDArray[np.float32]) -> dict[str, Any]:
        scores = scores.copy()
        row = self._row.get(query.user_id) if query.user_id is not None else None
        seen: list[int] = []
        if row is not None:
            matrix = self.artifact.seen
            seen.extend(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist())
        rated_before = len(seen)
        given = self._columns(query.rated or {})
        scores[seen + given] = -np.inf
        return {
            "user_id": query.user_id,
            "reason": self._reason(query, row is not None, rated_before, len(given)),
            "recommendations": [
                {
                    "movie_id": self._movies[column],
                    "title": self.artifact.titles[column],
                    "score": round(float(scores[column]), 6),
                }
                for column in top_k(scores, query.k).tolist()
            ],
        }

    @staticmethod
    def _reason(query: Query, known: bool, rated_before: int, given: int) -> str:
        if query.rated is None:
            return f"rated {rated_before} movies" if known else UNKNOWN_USER
        unknown = len(query.rated) - given
        if not given:
            return f"none of the {unknown} movies given is known: popular movies"
        left_out = f" ({unknown} unknown movies left out)" if unknown else ""
        return f"folded in from {given} movies given{left_out}"
