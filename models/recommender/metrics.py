"""Ranking metrics of many users' lists, user by user.

Every held-out row is relevant, whatever its stars. With k the list's length, R a user's relevant
items and hit(i) whether the item at rank i is one of them:

    ndcg       Σ hit(i)/log2(i+1), over the best that min(k, |R|) hits allow
    precision  hits / k
    recall     hits / |R|
    map        Σ hit(i)·precision(i), over min(k, |R|)
    mrr        1 / rank of the first hit, 0 without one
    hit_rate   1 with a hit, else 0

and of all lists together:

    coverage   share of the items that occur in any list
    novelty    mean of -log2(share of the users who rated the item), in bits (Vargas, Castells:
               "Rank and Relevance in Novelty and Diversity Metrics", RecSys 2011)
    gini       inequality of the items' exposure, 0 (all equally often) to 1 (one item alone)
               (Shani, Gunawardana: "Evaluating Recommendation Systems", 2011)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PER_USER = ("ndcg", "precision", "recall", "map", "mrr", "hit_rate")
OVERALL = ("coverage", "novelty", "gini")


def per_user(hits: NDArray[np.bool_], relevant: NDArray[np.integer[Any]]) -> dict[str, Floats]:
    """Name → (users,) for hits (users, k), best rank first, and relevant counts (users,) > 0.

    A list shorter than k has False at its end.
    """
    k = hits.shape[1]
    ranks = np.arange(1, k + 1)
    discount = 1.0 / np.log2(ranks + 1.0)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])
    best = np.minimum(k, relevant)
    found = hits.sum(axis=1)
    precisions = hits * np.cumsum(hits, axis=1) / ranks
    first = np.where(found > 0, np.argmax(hits, axis=1) + 1, 1)
    return {
        "ndcg": (hits @ discount) / ideal[best],
        "precision": found / k,
        "recall": found / relevant,
        "map": precisions.sum(axis=1) / best,
        "mrr": np.where(found > 0, 1.0 / first, 0.0),
        "hit_rate": (found > 0).astype(np.float64),
    }


def coverage(exposure: NDArray[np.integer[Any]]) -> float:
    """Share of items listed at least once; `exposure` (items,) counts the lists an item is in."""
    return float((exposure > 0).mean())


def gini(exposure: NDArray[np.integer[Any]]) -> float:
    """Gini coefficient of `exposure` (items,); 0 for no lists at all."""
    total = float(exposure.sum())
    items = len(exposure)
    if not total or items < 2:
        return 0.0
    ordered = np.sort(exposure).astype(np.float64)
    ranks = np.arange(1, items + 1)
    return float(((2 * ranks - items - 1) * ordered).sum() / ((items - 1) * total))


def novelty(
    exposure: NDArray[np.integer[Any]], raters: NDArray[np.integer[Any]], users: int
) -> float:
    """Mean self-information in bits of the listed items; `raters` (items,) of `users`.

    An item that nobody rated counts as if half a user had, so that the mean stays finite.
    """
    total = float(exposure.sum())
    if not total:
        return 0.0
    share = np.maximum(raters, 0.5) / users
    return float((exposure * -np.log2(share)).sum() / total)
