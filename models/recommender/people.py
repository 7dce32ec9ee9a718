"""Recommendations beside the history of some users, as the endpoint would give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recommender.artifact import Artifact
from recommender.channel import TrainingData
from recommender.errors import SettingsError
from recommender.ratings import Ratings
from recommender.requests import Query
from recommender.serving import Recommender
from recommender.wishes import Wishes

_SHOWN = 12
_QUANTILES = (0.1, 0.5, 0.9)


def typical_users(ratings: Ratings) -> list[int]:
    """Ids of users with a short, a middling and a long history; the lowest id of equals."""
    rows = np.bincount(ratings.user, minlength=ratings.shape[0])
    order = np.argsort(rows, kind="stable")
    places = [order[int(share * (len(order) - 1))] for share in _QUANTILES]
    return list(dict.fromkeys(ratings.user_ids[places].tolist()))


def known(ratings: Ratings, users: Sequence[int]) -> list[int]:
    """The users; raises SettingsError naming those who have rated nothing."""
    ids = set(ratings.user_ids.tolist())
    strangers = [user for user in users if user not in ids]
    if strangers:
        first = ratings.user_ids[:3].tolist()
        raise SettingsError(
            f"user {', '.join(map(str, strangers))} has no ratings; valid: ids of the ratings,"
            f" {', '.join(map(str, first))} say"
        )
    return list(users)


def people(
    data: TrainingData, artifact: Artifact, users: Sequence[int], k: int
) -> list[dict[str, Any]]:
    """For each user: the best-rated newest movies, and the list with its reasons."""
    ratings = data.ratings
    recommender = Recommender(artifact)
    answers = recommender.answer([Query(u, k, None, Wishes(explain=True)) for u in users])
    found = []
    for user, answer in zip(users, answers, strict=True):
        row = int(np.searchsorted(ratings.user_ids, user))
        mine = ratings.rows(ratings.user == row)
        order = np.lexsort((mine.item, -mine.time, -mine.rating))[:_SHOWN]
        found.append(
            {
                "user_id": user,
                "rated": len(mine),
                "history": [
                    {
                        "movie_id": int(ratings.movie_ids[mine.item[i]]),
                        "title": data.movie(int(ratings.movie_ids[mine.item[i]])).title,
                        "rating": float(mine.rating[i]),
                        "time": int(mine.time[i]),
                    }
                    for i in order.tolist()
                ],
                "reason": answer["reason"],
                "recommendations": answer["recommendations"],
            }
        )
    return found
