"""What is new to a model, and what it would have listed."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.artifact import Artifact
from recommender.challenge import challenge, look
from recommender.confidence import weighting
from recommender.errors import DataError
from recommender.evaluation import fit
from recommender.hyperparameters import Hyperparameters
from recommender.ratings import Ratings
from recommender.replay import arrivals, populations, replay
from tests.unit.recommender.cases import Row, checkerboard_rows, ratings_of

SETTINGS = Hyperparameters(algorithm="popularity", threads=1, k=2)
OLD: list[Row] = [(1, 10, 4.0, 100), (1, 11, 3.0, 110), (2, 10, 5.0, 120), (3, 10, 5.0, 120)]


def model_of(rows: list[Row], settings: Hyperparameters = SETTINGS) -> Artifact:
    ratings = ratings_of(rows)
    fitted = fit(ratings, settings)
    return Artifact(
        settings,
        weighting(ratings, settings),
        {"ndcg_at_2": 0.5},
        fitted.model,
        ratings.user_ids,
        ratings.movie_ids,
        [f"movie {movie}" for movie in ratings.movie_ids.tolist()],
        fitted.confidence,
    )


def shown(ratings: Ratings, mask: np.ndarray) -> set[tuple[int, int]]:
    return {
        (int(ratings.user_ids[ratings.user[row]]), int(ratings.movie_ids[ratings.item[row]]))
        for row in np.flatnonzero(mask)
    }


def test_new_is_every_pair_that_the_model_was_not_fitted_on() -> None:
    came: list[Row] = [(1, 12, 4.0, 300), (2, 11, 4.0, 200), (9, 10, 4.0, 210), (1, 10, 1.0, 500)]
    ratings = ratings_of([*OLD, *came])  # user 1 rates movie 10 again: the same pair
    found = arrivals(model_of(OLD), ratings)
    assert shown(ratings, found.new) == {(1, 12), (2, 11), (9, 10)}
    assert shown(ratings, found.newest) == {(1, 12)}  # later than the middle one, 210


def test_new_rows_of_one_time_are_parted_by_a_hash() -> None:
    came: list[Row] = [(user, 20, 4.0, 300) for user in range(1, 41)]
    ratings = ratings_of([*OLD, *came])
    found = arrivals(model_of(OLD), ratings)
    assert found.new.sum() == 40
    assert 15 <= found.newest.sum() <= 25
    again = ratings_of([*reversed(came), *OLD])
    assert shown(again, arrivals(model_of(OLD), again).newest) == shown(ratings, found.newest)


def test_nothing_new_has_no_slice() -> None:
    ratings = ratings_of(OLD)
    found = arrivals(model_of(OLD), ratings)
    assert not found.new.any()
    assert not found.newest.any()
    report = look(model_of(OLD), ratings, 2)
    assert report["replay"] is None
    assert report["series"] == []
    with pytest.raises(DataError, match="no new ratings"):
        challenge(model_of(OLD), ratings, SETTINGS)


def test_a_model_is_replayed_as_it_serves() -> None:
    came: list[Row] = [(2, 11, 4.0, 200), (9, 10, 4.0, 210), (3, 99, 4.0, 220)]
    ratings = ratings_of([*OLD, *came])
    model = model_of(OLD)
    found = replay(model, ratings.rows(arrivals(model, ratings).new), 2)
    # 2 knows 10 and is shown 11 first; 9 is unknown and gets the most popular, 10, first;
    # of movie 99 the model knows nothing.
    assert found.tolist() == [1.0, 0.0, 1.0]  # users 2, 3, 9


def test_populations_are_counted_apart() -> None:
    came: list[Row] = [(2, 11, 0.5, 200), (9, 99, 5.0, 210)]
    ratings = ratings_of([*OLD, *came])
    model = model_of(OLD)
    found = populations(model, ratings, arrivals(model, ratings).new)
    assert found["rows"] == {"before": 4, "after": 2}
    assert found["users"] == {"after": 2, "unknown": 1}
    assert found["movies"] == {"after": 2, "unknown": 1}
    assert found["stars"]["after"] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert sum(found["stars"]["before"]) == 4
    assert found["popularity"]["after"][-1] == 1  # movie 99, which the model does not know
    assert sum(found["popularity"]["before"]) == 4
    assert found["popularity"]["before"][-1] == 0


def test_a_challenger_that_knows_the_new_taste_is_better() -> None:
    size = 16
    settings = Hyperparameters(factors=4, iterations=5, threads=1, k=5)
    old = checkerboard_rows(size)
    came = [
        (user, 2000 + (user + turn) % 8, 5.0, 9_000_000 + 60 * turn)
        for turn in range(6)
        for user in range(100, 100 + size)
    ]
    found = challenge(model_of(old, settings), ratings_of([*old, *came]), settings)
    assert found["slice"]["users"] == size
    assert found["champion"]["mean"] == 0.0  # it does not know these movies
    assert found["difference"]["low"] > 0.0
