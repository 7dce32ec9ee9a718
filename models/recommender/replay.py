"""What a model in use would have listed for ratings that came after it.

A champion knows the pairs of user and movie that it was fitted on: every other rating is new to it.
The newest of the new ratings are the slice on which it is replayed, and on which a challenger, that
was fitted on all rows but those, is compared with it: neither has seen a row of the slice.

Each model is replayed as it serves: without the movies that it knows the user to have rated, and
with popular movies for a user whom it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender import metrics
from recommender.artifact import Artifact
from recommender.breakdown import popularity_groups
from recommender.errors import DataError
from recommender.popularity import rating_counts
from recommender.ranking import exclude, top_k
from recommender.ratings import Ratings, shuffle_keys, star_counts

SLICE = 0.5
"""Share of the new rows that is the slice: the rest is what a challenger may learn from (our
guess)."""
GROUPS = 10
"""Groups of movies of about equal popularity, beside the movies that the champion does not know."""
_USERS_AT_ONCE = 512


@dataclass(frozen=True)
class Arrivals:
    """What has come since a model was fitted.

    Attributes:
        new: (rows,) whether the model does not know the row's user and movie as a pair
        newest: (rows,) whether the row is in the slice
    """

    new: NDArray[np.bool_]
    newest: NDArray[np.bool_]


def arrivals(champion: Artifact, ratings: Ratings, share: float = SLICE) -> Arrivals:
    """Tell what is new to the champion, and the newest of it.

    The slice begins at a moment: rows of one time are on the same side of it. Where all new rows
    have one time, a hash of user and movie id decides instead.

    Args:
        champion: the model in use
        ratings: all that there are now
        share: of the new rows that is to be the slice, 0 to 1

    Returns:
        the two masks; both empty when nothing is new
    """
    new = ~_known(champion, ratings)
    newest = np.zeros(len(ratings), bool)
    rows = np.flatnonzero(new)
    if len(rows):
        time = ratings.time[rows]
        cut = np.quantile(time, 1.0 - share, method="lower")
        if cut == time.max():
            earlier = time[time < cut]
            cut = earlier.max() if len(earlier) else cut
        late = time > cut
        if not late.any():
            keys = shuffle_keys(ratings)[rows]
            late = keys >= np.quantile(keys, 1.0 - share, method="lower")
        newest[rows[late]] = True
    return Arrivals(new, newest)


def replay(model: Artifact, slice_rows: Ratings, k: int) -> NDArray[np.float64]:
    """NDCG of the lists of k movies that the model would have given the slice's users.

    Args:
        model: as it serves
        slice_rows: what these users then rated; a movie that the model does not know is a miss
        k: length of the lists

    Returns:
        (users of the slice,), in ascending order of their ids

    Raises:
        DataError: the slice has no rows
    """
    if not len(slice_rows):
        raise DataError("there are no new ratings to replay the model on")
    users, start = np.unique(slice_rows.user, return_index=True)
    ends = np.append(start[1:], len(slice_rows))  # a user's rows stand together
    row_of = _positions(model.user_ids, slice_rows.user_ids[users])
    empty = np.diff(model.seen.indptr) == 0
    known = (row_of >= 0) & ~np.where(row_of >= 0, empty[row_of], True)
    popular = rating_counts(model.seen).astype(np.float32)
    column_of = _positions(model.movie_ids, slice_rows.movie_ids)
    hits = np.zeros((len(users), k), bool)
    for first in range(0, len(users), _USERS_AT_ONCE):
        block = np.arange(first, min(first + _USERS_AT_ONCE, len(users)))
        asked = block[known[block]]
        scores = dict(zip(asked.tolist(), model.model.scores(row_of[asked]), strict=True))
        for user in block.tolist():
            found = scores.get(user)
            listed = popular.copy() if found is None else found
            if row_of[user] >= 0:
                exclude(listed, model.seen, int(row_of[user]))
            wanted = column_of[slice_rows.item[start[user] : ends[user]]]
            best = top_k(listed, k)
            hits[user, : len(best)] = np.isin(best, wanted)
    return metrics.per_user(hits, ends - start)["ndcg"]


def populations(champion: Artifact, ratings: Ratings, new: NDArray[np.bool_]) -> dict[str, Any]:
    """Counts of what the champion was fitted on and of what is new, side by side.

    Returns:
        ``stars``: of each half star from 0.5; ``popularity``: of `GROUPS` groups of movies that
        have about equally many of the champion's ratings each, most popular first, then of movies
        that it does not know; and what is new: rows, users, movies, and how many of these are
        unknown to it
    """
    before, after = ratings.rows(~new), ratings.rows(new)
    group = _popularity_groups(ratings, before)
    seen_users = _positions(champion.user_ids, ratings.user_ids) >= 0
    seen_movies = _positions(champion.movie_ids, ratings.movie_ids) >= 0
    users, movies = np.unique(after.user), np.unique(after.item)
    return {
        "stars": {
            "before": star_counts(before).tolist(),
            "after": star_counts(after).tolist(),
        },
        "popularity": {
            side: np.bincount(group[rows.item], minlength=GROUPS + 1).tolist()
            for side, rows in (("before", before), ("after", after))
        },
        "rows": {"before": len(before), "after": len(after)},
        "users": {"after": len(users), "unknown": int((~seen_users[users]).sum())},
        "movies": {"after": len(movies), "unknown": int((~seen_movies[movies]).sum())},
    }


def _popularity_groups(ratings: Ratings, before: Ratings) -> NDArray[np.int64]:
    """(movies,): each movie's group; the last one is of movies without a row in `before`."""
    counts = np.bincount(before.item, minlength=ratings.shape[1])
    group = popularity_groups(counts, GROUPS)
    group[counts == 0] = GROUPS
    return group


def _known(champion: Artifact, ratings: Ratings) -> NDArray[np.bool_]:
    """(rows,): whether the champion was fitted on the row's pair of user and movie."""
    user = _positions(champion.user_ids, ratings.user_ids)[ratings.user]
    movie = _positions(champion.movie_ids, ratings.movie_ids)[ratings.item]
    seen, width = champion.seen, len(champion.movie_ids)
    of_user = np.repeat(np.arange(seen.shape[0], dtype=np.int64), np.diff(seen.indptr))
    pairs = np.where((user >= 0) & (movie >= 0), user * width + movie, -1)
    known: NDArray[np.bool_] = np.isin(pairs, of_user * width + seen.indices)
    return known


def _positions(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """(wanted,): where each stands in the sorted, non-empty `ids`, -1 where it does not."""
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    found: NDArray[np.int64] = np.where(ids[at] == wanted, at, -1)
    return found
