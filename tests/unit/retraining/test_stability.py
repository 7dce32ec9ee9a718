"""The population stability index against values computed by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.retraining.stability import expected_by_chance, stability_index

COUNTS = st.lists(st.integers(1, 10_000), min_size=3, max_size=3)


def test_equal_shares_have_not_moved() -> None:
    assert stability_index([10, 20, 70], [1, 2, 7]) == pytest.approx(0.0)


def test_a_shift_is_what_the_formula_says() -> None:
    # shares .5/.5 → .8/.2: (.3)·ln(1.6) + (-.3)·ln(.4) = .3·(ln 1.6 - ln .4) = .3·ln 4
    assert stability_index([50, 50], [80, 20]) == pytest.approx(0.3 * math.log(4))
    assert stability_index([50, 50], [80, 20]) == pytest.approx(0.41589, abs=1e-5)
    # .25 each → .4 .3 .2 .1: .15·ln 1.6 + .05·ln 1.2 - .05·ln .8 - .15·ln .4
    assert stability_index([5, 5, 5, 5], [40, 30, 20, 10]) == pytest.approx(0.22822, abs=1e-5)


def test_an_empty_bin_counts_as_half_an_observation() -> None:
    # [99.5+.5] against [50, 50]: 99.5 → shares .995025, .004975
    found = stability_index([100, 0], [50, 50])
    before = 100 / 100.5, 0.5 / 100.5
    assert found == pytest.approx(
        sum((0.5 - share) * math.log(0.5 / share) for share in before), rel=1e-9
    )
    assert stability_index([10, 0, 10], [10, 0, 10]) == 0.0  # empty on both sides


def test_nothing_on_one_side_has_not_moved() -> None:
    assert stability_index([0, 0], [3, 4]) == 0.0
    assert expected_by_chance([0, 0], [3, 4]) == 0.0


def test_chance_is_bins_less_one_over_the_observations() -> None:
    assert expected_by_chance([100, 100, 0], [25, 25, 0]) == pytest.approx(1 / 200 + 1 / 50)


@pytest.mark.parametrize(("before", "after"), [([1], [1, 2]), ([1, -1], [1, 1])])
def test_what_is_no_pair_of_histograms_is_refused(before: list[int], after: list[int]) -> None:
    with pytest.raises(ValueError, match="bin"):
        stability_index(before, after)


@given(COUNTS, COUNTS)
def test_the_index_is_symmetric_and_never_negative(before: list[int], after: list[int]) -> None:
    found = stability_index(before, after)
    assert found >= -1e-12
    assert found == pytest.approx(stability_index(after, before))
