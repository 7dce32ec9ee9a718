"""How a model ages: fitted on the oldest rows, measured on slice after slice of the newer ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.breakdown import popularity_groups
from recommender.evaluation import fit, rank
from recommender.hyperparameters import Hyperparameters
from recommender.metrics import per_user
from recommender.popularity import Popularity, rating_counts
from recommender.protocols import global_time
from recommender.ratings import Ratings, star_counts
from recommender.statistics import bootstrap

OLD_SHARE = 0.5
SLICES = 6
_FEWEST_USERS = 5  # below, an interval says nothing
_LEAST_SHARE = 1e-4


def stability_index(expected: NDArray[np.float64], found: NDArray[np.float64]) -> float:
    """Population stability index of two distributions over the same bins, 0 for equal ones.

    Σ (found - expected) ln(found / expected) of shares (Siddiqi: "Credit Risk Scorecards", 2006);
    an empty bin counts as a ten-thousandth.
    """
    shares = [np.maximum(counts / counts.sum(), _LEAST_SHARE) for counts in (expected, found)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def aging(ratings: Ratings, settings: Hyperparameters, users: int) -> dict[str, Any]:
    """Tell the nDCG of `settings`' model and of popularity on slices of the newer half, with drift.

    Each slice has as many rows; a user's movies of earlier slices are not taken as seen: the model
    does not know them. Rows of users whom the model does not know are counted, not measured.

    Args:
        users: at most so many of a slice are measured, drawn by `settings.seed`

    Raises:
        DataError: all ratings have one time
    """
    newer = global_time(ratings, 1.0 - OLD_SHARE, settings.seed)
    old = ratings.rows(~newer)
    fitted = fit(old, settings)
    baseline = Popularity()
    baseline.fit(fitted.confidence)
    known_users = np.bincount(old.user, minlength=ratings.shape[0]) > 0
    raters = rating_counts(fitted.confidence).astype(np.float64)
    order = np.flatnonzero(newer)[np.argsort(ratings.time[newer], kind="stable")]
    rng = np.random.default_rng(settings.seed)
    found = []
    for part in np.array_split(order, SLICES):
        if not len(part):
            continue
        keep = np.zeros(len(ratings), bool)
        keep[part] = True
        rows = ratings.rows(keep)
        ours = rows.rows(known_users[rows.user])
        there = np.unique(ours.user).astype(np.int64)
        if len(there) > users:
            there = np.sort(rng.choice(there, users, replace=False))
        slice_: dict[str, Any] = {
            "from": int(rows.time.min()),
            "to": int(rows.time.max()),
            "rows": len(rows),
            "rows_of_unknown_users": len(rows) - len(ours),
            "rows_of_unknown_movies": int((raters[rows.item] == 0).sum()),
            "users": len(there),
            "ratings_index": stability_index(_stars(old), _stars(rows)),
            "popularity_index": _popularity_index(raters, rows),
        }
        if len(there) >= _FEWEST_USERS:
            for name, model in (("champion", fitted.model), ("popularity", baseline)):
                lists = rank(model, fitted.confidence, ours, settings.k, there)
                at = bootstrap(per_user(lists.hits, lists.relevant)["ndcg"])
                slice_[name] = [at.mean, at.low, at.high]
        found.append(slice_)
    return {"trained_on": len(old), "trained_until": int(old.time.max()), "slices": found}


def _stars(ratings: Ratings) -> NDArray[np.float64]:
    return star_counts(ratings).astype(np.float64)


def _popularity_index(raters: NDArray[np.float64], rows: Ratings) -> float:
    """Over ten groups of movies with equal shares of the old ratings."""
    group = popularity_groups(raters.astype(np.int64), 10)
    now = np.bincount(group[rows.item], minlength=10).astype(np.float64)
    before = np.bincount(group, weights=raters, minlength=10).astype(np.float64)
    return stability_index(before, now)
