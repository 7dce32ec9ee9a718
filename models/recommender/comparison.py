"""Several models on the same held-out rows of the same users, each beside the champion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.breakdown import by_history, by_popularity, curves
from recommender.errors import DataError
from recommender.evaluation import Lists, Measured, fit, rank
from recommender.hyperparameters import Hyperparameters
from recommender.leakage import check
from recommender.popularity import rating_counts
from recommender.protocols import Split, split
from recommender.ratings import Ratings
from recommender.statistics import Comparison, compare

LENGTHS = (1, 2, 3, 5, 10, 20, 30, 50, 100)
"""Lengths of lists on the curves; that of the figures is added."""


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        champion: what the others are compared with
        challengers: name → settings
        users: at most so many users are measured, drawn by the seed; models are fitted on all
        left_out_fraction: share of the rows left out of both parts
        details: whether curves and groups are wanted, too
    """

    champion: Hyperparameters
    challengers: Mapping[str, Hyperparameters]
    protocol: str
    test_fraction: float
    seed: int
    k: int
    users: int
    left_out_fraction: float = 0.0
    details: bool = True


def compare_models(ratings: Ratings, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure the champion and its challengers under one protocol.

    A challenger that refuses the data stands under ``refused`` with its reason.

    Args:
        say: gets one line per model

    Raises:
        DataError: the rows cannot be split, or the champion refuses them
    """
    held_out = _split(ratings, plan)
    leaks = check(held_out, plan.protocol)
    with_rows = np.unique(held_out.test.user).astype(np.int64)
    users = with_rows
    if len(users) > plan.users:
        rng = np.random.default_rng(plan.seed)
        users = np.sort(rng.choice(with_rows, plan.users, replace=False))
        say(f"{plan.protocol}: measuring {len(users)} of {len(with_rows)} users, drawn by seed")
    longest = max(plan.k, min(max(LENGTHS), ratings.shape[1])) if plan.details else plan.k
    found: list[dict[str, Any]] = []
    refused: dict[str, str] = {}
    best: NDArray[np.float64] | None = None
    for name, settings in {"champion": plan.champion, **plan.challengers}.items():
        told = replace(settings, seed=plan.seed if settings is not plan.champion else settings.seed)
        try:
            fitted = fit(held_out.train, told)
        except DataError as error:
            if name == "champion":
                raise
            refused[name] = str(error)
            say(f"{plan.protocol}: {name} refuses the data: {error}")
            continue
        lists = rank(fitted.model, fitted.confidence, held_out.test, longest, users)
        raters = rating_counts(fitted.confidence).astype(np.int64)
        measured = lists.measured(plan.k, raters, ratings.shape[0])
        ndcg = measured.per_user["ndcg"]
        best = ndcg if best is None else best
        entry = _entry(name, told, measured, fitted.seconds)
        entry["against_champion"] = None if name == "champion" else _verdict(compare(ndcg, best))
        if plan.details:
            entry |= _details(lists, plan, raters, held_out, longest)
        found.append(entry)
        low, high = entry["intervals"][f"ndcg_at_{plan.k}"]
        say(f"{plan.protocol}: {name} ndcg {ndcg.mean():.4f} ({low:.4f} to {high:.4f})")
        del fitted, lists
    return {
        "protocol": plan.protocol,
        "test_fraction": plan.test_fraction,
        "seed": plan.seed,
        "k": plan.k,
        "train": len(held_out.train),
        "test": len(held_out.test),
        "left_out": len(ratings) - len(held_out.train) - len(held_out.test),
        "leakage": leaks.as_dict(),
        "users": len(with_rows),
        "users_measured": len(users),
        "models": found,
        "refused": refused,
    }


def _split(ratings: Ratings, plan: Plan) -> Split:
    held_out = split(ratings, plan.protocol, plan.test_fraction, plan.seed)
    if not plan.left_out_fraction:
        return held_out
    share = plan.left_out_fraction / (1.0 - plan.test_fraction)
    inner = split(held_out.train, plan.protocol, share, plan.seed + 1)
    known = np.bincount(inner.train.user, minlength=ratings.shape[0]) > 0
    return Split(inner.train, held_out.test.rows(known[held_out.test.user]))


def _entry(
    name: str, settings: Hyperparameters, measured: Measured, seconds: float
) -> dict[str, Any]:
    return {
        "name": name,
        "algorithm": settings.algorithm,
        "settings": settings.as_dict(),
        "fit_seconds": round(seconds, 3),
        "metrics": measured.result(),
        "intervals": {name: [at.low, at.high] for name, at in measured.intervals().items()},
    }


def _verdict(found: Comparison) -> dict[str, Any]:
    difference = found.difference
    verdict = "within noise"
    if found.beyond_noise:
        verdict = "better" if found.better else "worse"
    return {
        "ndcg_difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "users_better": found.wins,
        "users_worse": found.losses,
        "verdict": verdict,
    }


def _details(
    lists: Lists, plan: Plan, raters: NDArray[np.int64], held_out: Split, longest: int
) -> dict[str, Any]:
    lengths = sorted({k for k in (*LENGTHS, plan.k) if k <= longest})
    measured = np.isin(held_out.test.user, lists.users)
    rated = np.bincount(held_out.train.user, minlength=held_out.train.shape[0])
    return {
        "lengths": lengths,
        "curves": curves(lists, lengths),
        "by_popularity": by_popularity(
            lists, plan.k, raters, held_out.test.item[measured].astype(np.int64)
        ),
        "by_history": by_history(lists, plan.k, rated.astype(np.int64)),
    }
