"""Which rows each protocol holds out, and what leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import DataError, SettingsError
from recommender.leakage import check, leakage
from recommender.protocols import PROTOCOLS, Split, split
from recommender.ratings import Ratings
from tests.unit.recommender.cases import Row, ratings_of


def pairs(ratings: Ratings) -> set[tuple[int, int]]:
    users, movies = ratings.user_ids[ratings.user], ratings.movie_ids[ratings.item]
    return set(zip(users.tolist(), movies.tolist(), strict=True))


def holding_out(ratings: Ratings, row: int) -> Split:
    held_out = np.arange(len(ratings)) == row
    return Split(ratings.rows(~held_out), ratings.rows(held_out))


def test_the_newest_fifth_of_each_user_is_held_out() -> None:
    rows: list[Row] = [(1, m, 4.0, 100 - m) for m in range(10)]  # movie 0 is the newest
    rows += [(2, m, 4.0, m) for m in range(3)]
    found = split(ratings_of(rows), "newest_per_user", 0.2)
    assert found.train.shape == found.test.shape == (2, 10)
    assert pairs(found.test) == {(1, 0), (1, 1), (2, 2)}
    assert len(found.train) + len(found.test) == 13


def test_equal_times_are_held_out_without_regard_to_movie_ids() -> None:
    """In order of id, every user's held-out movies would be the last ones."""
    rows: list[Row] = [(u, m, 4.0, 5) for u in range(200) for m in range(10)]
    found = split(ratings_of(rows), "newest_per_user", 0.2)
    counts = np.bincount(found.test.item, minlength=10)
    assert counts.sum() == 400
    assert counts.min() >= 20
    assert counts.max() <= 65


def test_the_last_row_of_each_user_is_left_out() -> None:
    rows: list[Row] = [
        (1, 1, 4.0, 9),
        (1, 2, 4.0, 3),
        (2, 1, 4.0, 1),
        (3, 2, 4.0, 1),
        (3, 1, 4.0, 2),
    ]
    found = split(ratings_of(rows), "leave_last_one_out", 0.2)
    assert pairs(found.test) == {(1, 1), (3, 1)}
    assert pairs(found.train) == {(1, 2), (2, 1), (3, 2)}


def test_the_global_cut_keeps_a_moment_together_and_leaves_new_users_out() -> None:
    rows: list[Row] = [(1, m, 4.0, 10 + m) for m in range(6)]
    rows += [(1, 6, 4.0, 50), (1, 7, 4.0, 50), (2, 1, 4.0, 50), (2, 2, 4.0, 51)]
    found = split(ratings_of(rows), "global_time", 0.4)
    assert pairs(found.test) == {(1, 6), (1, 7)}
    assert found.left_out == 2
    assert found.train.time.max() < found.test.time.min()


def test_the_global_cut_may_fall_on_the_last_moment() -> None:
    rows: list[Row] = [(1, 1, 4.0, 1), (1, 2, 4.0, 9), (1, 3, 4.0, 9)]
    assert pairs(split(ratings_of(rows), "global_time", 0.2).test) == {(1, 2), (1, 3)}


def test_the_global_cut_needs_times() -> None:
    rows: list[Row] = [(1, m, 4.0, 5) for m in range(6)]
    with pytest.raises(DataError, match="needs times"):
        split(ratings_of(rows), "global_time", 0.2)


@pytest.mark.parametrize("by", ["item", "user"])
def test_a_stratified_split_takes_its_share_of_each(by: str) -> None:
    rows: list[Row] = [(u, m, 4.0, u + m) for u in range(20) for m in range(12)]
    ratings = ratings_of(rows)
    found = split(ratings, f"stratified_{by}", 0.25, seed=1)
    counts = np.bincount(getattr(found.test, by))
    assert (counts == (5 if by == "item" else 3)).all()
    other = split(ratings, f"stratified_{by}", 0.25, seed=2)
    assert pairs(other.test) != pairs(found.test)


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
@settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 6), st.integers(1, 9), st.just(4.0), st.integers(0, 4)),
        min_size=1,
        max_size=40,
    ),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_split_is_a_partition_whatever_the_order_of_rows(
    protocol: str, rows: list[Row], shuffle: object
) -> None:
    ratings = ratings_of(rows)
    try:
        found = split(ratings, protocol, 0.3)
    except DataError:
        return
    assert not pairs(found.train) & pairs(found.test)
    assert len(found.train) + len(found.test) + found.left_out == len(ratings)
    assert set(found.test.user.tolist()) <= set(found.train.user.tolist())
    check(found, protocol)
    again = list(rows)
    shuffle.shuffle(again)  # type: ignore[attr-defined]
    assert pairs(split(ratings_of(again), protocol, 0.3).test) == pairs(found.test)


@pytest.mark.parametrize(
    "rows",
    [[(1, 1, 4.0, 1)], [(1, 1, 4.0, 1), (2, 2, 4.0, 1)], [(1, 1, 4.0, 1), (1, 2, 4.0, 1)]],
)
def test_too_few_ratings_cannot_be_split(rows: list[Row]) -> None:
    with pytest.raises(DataError, match="three ratings at the least"):
        split(ratings_of(rows), "newest_per_user", 0.2)


def test_an_unknown_protocol_is_named() -> None:
    with pytest.raises(SettingsError, match="valid: newest_per_user"):
        split(ratings_of([(1, 1, 4.0, 1)]), "random", 0.2)


def test_each_leak_is_counted_and_refused_where_the_protocol_rules_it_out() -> None:
    rows: list[Row] = [(1, 1, 4.0, 10), (1, 2, 4.0, 20), (1, 3, 4.0, 30), (2, 1, 4.0, 40)]
    ratings = ratings_of(rows)
    middle = Split(
        ratings.rows(np.array([1, 0, 1, 1], bool)), ratings.rows(np.array([0, 1, 0, 0], bool))
    )
    assert leakage(middle).as_dict() == {"shared": 0, "own_future": 1, "others_future": 1}
    assert check(middle, "stratified_user").own_future == 1
    with pytest.raises(DataError, match=r"newest_per_user: own_future=1 rows"):
        check(middle, "newest_per_user")
    last = Split(
        ratings.rows(np.array([1, 1, 0, 1], bool)), ratings.rows(np.array([0, 0, 1, 0], bool))
    )
    check(last, "leave_last_one_out")
    with pytest.raises(DataError, match=r"others_future=1 rows"):
        check(last, "global_time")
    with pytest.raises(DataError, match=r"shared=1 rows"):
        check(replace(last, train=ratings), "stratified_item")
