"""A taste shift of `lake simulate-drift` is one that a model can learn, on data of a usual size."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.data.generation import generate_folder, parse_size
from pipeline.drift.simulation import CALM, SHIFTED
from pipeline.drift.tastes import Rating, Tastes, calm, shifted
from recommender.artifact import Artifact
from recommender.challenge import challenge
from recommender.confidence import weighting
from recommender.evaluation import fit
from recommender.hyperparameters import Hyperparameters
from recommender.ratings import Ratings

SETTINGS = Hyperparameters(iterations=5)


def champion_of(ratings: Ratings) -> Artifact:
    fitted = fit(ratings, SETTINGS)
    weights = weighting(ratings, SETTINGS)
    ids = (ratings.user_ids, ratings.movie_ids)
    return Artifact(SETTINGS, weights, {}, fitted.model, *ids, [], fitted.confidence)


def ratings_of(rows: Sequence[Rating]) -> Ratings:
    users, movies, stars, times = (np.array(column) for column in zip(*rows, strict=True))
    user_ids, user = np.unique(users, return_inverse=True)
    movie_ids, item = np.unique(movies, return_inverse=True)
    order = np.lexsort((item, times, user))
    return Ratings(
        user_ids.astype(np.int64),
        movie_ids.astype(np.int64),
        user[order].astype(np.int32),
        item[order].astype(np.int32),
        stars[order].astype(np.float32),
        times[order].astype(np.int64),
    )


def test_a_challenger_that_knows_the_first_half_of_a_shift_beats_the_champion(
    tmp_path: Path,
) -> None:
    generate_folder(tmp_path / "data", parse_size("50k"), 7, lambda *_: None)
    with (tmp_path / "data" / "ratings.csv").open(encoding="utf-8", newline="") as file:
        rows = [(int(u), int(m), float(r), int(t)) for u, m, r, t in list(csv.reader(file))[1:]]
    tastes = Tastes.of(iter(rows), 300, seed=7)
    quiet = calm(tastes, CALM, seed=7)
    loud = shifted(tastes.with_ratings(quiet), SHIFTED, seed=8, fashions_seed=7)

    found = challenge(champion_of(ratings_of(rows)), ratings_of([*rows, *quiet, *loud]), SETTINGS)

    assert found["difference"]["low"] > 0.02, found
    assert found["challenger"]["mean"] > 10 * found["champion"]["mean"]
