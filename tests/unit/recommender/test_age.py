"""Age says what the times say: neither ids nor the order of rows make a rating old."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.confidence import ages, confidence_matrix, weighting
from recommender.evaluation import fit, measure
from recommender.hyperparameters import Hyperparameters
from recommender.protocols import split
from tests.unit.recommender.cases import Row, ratings_of

TASTES = Hyperparameters(factors=8, iterations=8, regularization=2.0, threads=1, recency=6.0)


def tastes(seed: int, dated: bool) -> list[Row]:
    """600 users of four tastes among 80 movies; nine of ten ratings follow the taste."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for user in range(600):
        like = rng.permutation(np.arange(user % 4, 80, 4))[:12]
        stray = rng.permutation(80)[:2]
        for place, movie in enumerate(dict.fromkeys([*like.tolist(), *stray.tolist()])):
            rows.append((user, movie, 4.0, 1_000 + place if dated else 7))
    return rows


def quality(rows: list[Row], settings: Hyperparameters = TASTES) -> float:
    held_out = split(ratings_of(rows), "stratified_item", 0.25)
    fitted = fit(held_out.train, settings)
    return measure(fitted.model, fitted.confidence, held_out.test, 10).result()["ndcg_at_10"]


def test_equal_times_have_equal_age() -> None:
    rows: list[Row] = [(1, m, 4.0, time) for m, time in [(5, 30), (9, 10), (2, 20), (7, 20)]]
    ratings = ratings_of(rows)
    age = dict(zip(ratings.movie_ids[ratings.item].tolist(), ages(ratings).tolist(), strict=True))
    assert age == {5: 0.0, 2: 0.25, 7: 0.25, 9: 0.75}


def test_without_times_recency_has_no_effect() -> None:
    ratings = ratings_of(tastes(1, dated=False))
    assert not ages(ratings).any()
    forgetful = weighting(ratings, TASTES)
    plain = weighting(ratings, Hyperparameters(recency=0.0))
    assert np.array_equal(
        confidence_matrix(ratings, forgetful).data, confidence_matrix(ratings, plain).data
    )
    assert forgetful.undated(np.array([4.0])) == plain.undated(np.array([4.0]))


def test_equal_times_are_as_good_as_no_recency() -> None:
    rows = tastes(2, dated=False)
    assert quality(rows) == quality(rows, Hyperparameters(**{**TASTES.as_dict(), "recency": 0.0}))


@pytest.mark.parametrize("dated", [False, True])
def test_shuffled_rows_give_the_same_bytes(dated: bool) -> None:
    rows = tastes(3, dated)
    first = fit(ratings_of(rows), TASTES)
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    second = fit(ratings_of(shuffled), TASTES)
    for name, array in first.model.arrays().items():
        assert array.tobytes() == second.model.arrays()[name].tobytes()
    assert quality(rows) == quality(shuffled)


@pytest.mark.parametrize("dated", [False, True])
def test_another_order_of_movie_ids_gives_the_same_weights_and_quality(dated: bool) -> None:
    """The weights are equal; the solver's start values and the split's draws differ."""
    rows = tastes(4, dated)
    other = np.random.default_rng(1).permutation(80)
    renamed = [(user, int(other[movie]), stars, time) for user, movie, stars, time in rows]
    weights = []
    for data, name in ((rows, np.arange(80)), (renamed, other)):
        ratings = ratings_of(data)
        matrix = confidence_matrix(ratings, weighting(ratings, TASTES)).toarray()
        columns = np.searchsorted(ratings.movie_ids, name)
        weights.append(matrix[:, columns])
    assert np.allclose(weights[0], weights[1], rtol=1e-6)
    assert quality(renamed) == pytest.approx(quality(rows), abs=0.06)
