"""The metrics and their intervals, against hand-worked values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recommender.evaluation import measure
from recommender.metrics import coverage, gini, novelty, per_user
from recommender.popularity import Popularity
from recommender.statistics import FEWEST_USERS, bootstrap, compare
from tests.unit.recommender.cases import ratings_of


def test_one_users_metrics_by_hand() -> None:
    found = per_user(np.array([[False, True, False, True]]), np.array([3]))
    gain, best = 1 / math.log2(3) + 1 / math.log2(5), 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found["ndcg"][0] == pytest.approx(gain / best)
    assert found["precision"][0] == pytest.approx(2 / 4)
    assert found["recall"][0] == pytest.approx(2 / 3)
    assert found["map"][0] == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert found["mrr"][0] == pytest.approx(1 / 2)
    assert found["hit_rate"][0] == 1.0


def test_a_perfect_list_scores_one_and_an_empty_one_zero() -> None:
    hits = np.zeros((2, 10), bool)
    hits[0, :2] = True
    found = per_user(hits, np.array([2, 5]))
    for name in ("ndcg", "map", "recall", "mrr", "hit_rate"):
        assert found[name].tolist() == [1.0, 0.0]
    assert found["precision"].tolist() == [pytest.approx(0.2), 0.0]


def test_exposure_by_hand() -> None:
    exposure = np.array([3, 1, 0, 0])
    assert coverage(exposure) == 0.5
    # Differences of ordered pairs: 20. Over 2 x n^2 x mean; times n/(n-1), so that 1 is reached.
    assert gini(exposure) == pytest.approx(20 / (2 * 16 * 1) * 4 / 3)
    assert gini(np.array([2, 2, 2])) == 0.0
    assert gini(np.array([0, 0, 5])) == pytest.approx(1.0)
    assert gini(np.zeros(3, int)) == novelty(np.zeros(3, int), np.ones(3, int), 2) == 0.0
    # Three listings of an item that half the users rated (1 bit), one of an eighth's (3 bits).
    assert novelty(exposure, np.array([4, 1, 8, 0]), 8) == pytest.approx((3 * 1 + 3) / 4)


def test_a_models_lists_are_measured_without_what_was_seen() -> None:
    rows = [(u, m, 4.0, 1) for u, m in [(1, 1), (2, 1), (3, 1), (2, 2), (3, 2), (3, 3), (1, 4)]]
    ratings = ratings_of(rows)
    train = ratings.rows(ratings.item != 3)  # movie 4 is held out for user 1
    model = Popularity()
    from scipy import sparse

    seen = sparse.csr_matrix((np.ones(len(train)), (train.user, train.item)), shape=(3, 4))
    model.fit(seen)
    measured = measure(model, seen, ratings.rows(ratings.item == 3), 3)
    assert measured.users.tolist() == [0]
    assert measured.per_user["mrr"].tolist() == [pytest.approx(1 / 3)]  # after movies 2 and 3
    assert measured.result()["coverage_at_3"] == pytest.approx(3 / 4)
    assert set(measured.intervals()) == {
        f"{name}_at_3" for name in ("ndcg", "precision", "recall", "map", "mrr", "hit_rate")
    }


def test_a_bootstrap_interval_has_the_width_that_theory_gives() -> None:
    values = np.random.default_rng(3).normal(0.4, 0.2, 900)
    found = bootstrap(values, seed=1)
    error = values.std() / math.sqrt(len(values))
    assert found.mean == values.mean()
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert bootstrap(values, seed=1) == found
    with pytest.raises(ValueError, match="no users"):
        bootstrap(np.zeros(0))


def test_a_paired_comparison_sees_what_two_intervals_do_not() -> None:
    rng = np.random.default_rng(4)
    easy = rng.uniform(0, 1, 400)
    better = easy + rng.normal(0.02, 0.05, 400)
    found = compare(better, easy)
    assert found.better
    assert found.beyond_noise
    assert bootstrap(better).low < bootstrap(easy).high  # unpaired, they overlap
    assert not compare(easy, better).better
    assert found.wins + found.losses == 400
    assert not compare(easy, easy).beyond_noise
    with pytest.raises(ValueError, match="not the same users"):
        compare(easy, easy[1:])


def test_noise_is_called_noise() -> None:
    """Under equal models about one comparison in twenty may look different, not many more."""
    rng = np.random.default_rng(5)
    calls = [
        compare(rng.normal(0, 1, 100), rng.normal(0, 1, 100), i, 300).beyond_noise
        for i in range(100)
    ]
    assert sum(calls) <= 12


def test_a_handful_of_users_tell_nothing_however_much_they_agree() -> None:
    ones = np.ones(FEWEST_USERS)
    few, enough = compare(ones[:-1], 0 * ones[:-1]), compare(ones, 0 * ones)
    assert few.difference.low == 1.0  # equal differences have an interval of no width
    assert not few.beyond_noise and not few.better
    assert enough.beyond_noise and enough.better
