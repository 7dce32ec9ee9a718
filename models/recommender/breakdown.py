"""Where a model is good: by length of the list, by the movies' popularity, by history length."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation import Lists
from recommender.metrics import per_user
from recommender.statistics import bootstrap

GROUPS = 5
CURVES = ("ndcg", "precision", "recall", "hit_rate")


def curves(lists: Lists, lengths: list[int]) -> dict[str, list[list[float]]]:
    """Metric → [mean, low, high] for each length of list."""
    found: dict[str, list[list[float]]] = {name: [] for name in CURVES}
    for k in lengths:
        values = per_user(lists.hits[:, :k], lists.relevant)
        for name in CURVES:
            at = bootstrap(values[name])
            found[name].append([at.mean, at.low, at.high])
    return found


def popularity_groups(raters: NDArray[np.int64], groups: int = GROUPS) -> NDArray[np.int64]:
    """(items,): group 0 holds the most rated movies with their share of all ratings, and so on.

    Equal shares of ratings, not of movies: the long tail is the last group. Movies that nobody
    rated in training are in the last one, too.
    """
    order = np.argsort(-raters, kind="stable")
    before = np.cumsum(raters[order]) - raters[order]
    group = np.empty(len(raters), np.int64)
    group[order] = np.minimum(before * groups // max(int(raters.sum()), 1), groups - 1)
    return group


def by_popularity(
    lists: Lists, k: int, raters: NDArray[np.int64], held_out: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """For each group of movies: how many, share of the lists, and recall of held-out rows.

    Args:
        held_out: (rows,) items of the held-out rows of the measured users
    """
    group = popularity_groups(raters)
    listed, hits = lists.listed[:, :k], lists.hits[:, :k]
    shown = np.bincount(group[listed[listed >= 0]], minlength=GROUPS)
    found = np.bincount(group[listed[hits]], minlength=GROUPS)
    wanted = np.bincount(group[held_out], minlength=GROUPS)
    movies = np.bincount(group, minlength=GROUPS)
    total = max(int(shown.sum()), 1)
    return [
        {
            "movies": int(movies[i]),
            "held_out": int(wanted[i]),
            "share_of_lists": float(shown[i] / total),
            "recall": float(found[i] / wanted[i]) if wanted[i] else None,
        }
        for i in range(GROUPS)
    ]


def by_history(lists: Lists, k: int, rated: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Tell the nDCG for fifths of the measured users by number of training ratings, fewest first.

    Users of equally long histories stay in one group, so there may be fewer groups.

    Args:
        rated: (users,) numbers of training rows
    """
    lengths = rated[lists.users]
    ndcg = per_user(lists.hits[:, :k], lists.relevant)["ndcg"]
    edges = np.unique(np.quantile(lengths, np.arange(1, GROUPS) / GROUPS, method="lower"))
    group = np.searchsorted(edges, lengths, side="left")
    found = []
    for i in np.unique(group).tolist():
        inside = group == i
        at = bootstrap(ndcg[inside])
        found.append(
            {
                "from": int(lengths[inside].min()),
                "to": int(lengths[inside].max()),
                "users": int(inside.sum()),
                "ndcg": [at.mean, at.low, at.high],
            }
        )
    return found
