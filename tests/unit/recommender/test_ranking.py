"""Top-k selection."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking import top_k


@given(
    st.lists(st.sampled_from([-math.inf, -2.0, 0.0, 0.5, 3.0]), min_size=1, max_size=30),
    st.integers(1, 40),
)
def test_top_k_is_a_stable_sort_without_the_excluded(scores: list[float], k: int) -> None:
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:k]
    expected = [i for i in expected if scores[i] != -math.inf]
    assert top_k(np.array(scores, np.float32), k).tolist() == expected
