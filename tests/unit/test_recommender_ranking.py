"""Top-k and the metrics, against hand-worked values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import recommender_cases as _path  # noqa: F401

from recommender.ranking import RankingMetrics, top_k  # isort: skip


def test_one_users_metrics_by_hand() -> None:
    metrics = RankingMetrics(4, items=10)
    metrics.add(np.array([5, 1, 7, 2]), np.array([1, 2, 9], dtype=np.int32))
    found = metrics.result()
    gain, best = 1 / math.log2(3) + 1 / math.log2(5), 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found["ndcg_at_4"] == pytest.approx(gain / best)
    assert found["precision_at_4"] == pytest.approx(2 / 4)
    assert found["recall_at_4"] == pytest.approx(2 / 3)
    assert found["map_at_4"] == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert found["coverage_at_4"] == pytest.approx(4 / 10)


def test_a_perfect_list_scores_one() -> None:
    metrics = RankingMetrics(10, items=3)
    metrics.add(np.array([2, 0]), np.array([0, 2], dtype=np.int32))
    found = metrics.result()
    assert found["ndcg_at_10"] == found["map_at_10"] == found["recall_at_10"] == 1.0
    assert found["precision_at_10"] == pytest.approx(0.2)


def test_means_are_over_users() -> None:
    metrics = RankingMetrics(1, items=2)
    metrics.add(np.array([0]), np.array([0], dtype=np.int32))
    metrics.add(np.array([0]), np.array([1], dtype=np.int32))
    assert metrics.result()["ndcg_at_1"] == 0.5


@given(
    st.lists(st.sampled_from([-math.inf, -2.0, 0.0, 0.5, 3.0]), min_size=1, max_size=30),
    st.integers(1, 40),
)
def test_top_k_is_a_stable_sort_without_the_excluded(scores: list[float], k: int) -> None:
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:k]
    expected = [i for i in expected if scores[i] != -math.inf]
    assert top_k(np.array(scores, np.float32), k).tolist() == expected
